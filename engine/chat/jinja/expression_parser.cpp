#include "engine/chat/jinja/expression_parser.h"

#include "engine/chat/jinja/filters.h"
#include "engine/chat/jinja/tests.h"

#include <algorithm>
#include <charconv>

namespace kvasir::engine::jinja {
namespace {

using Kind = Token::Kind;

unsigned deepest() {
  return 0;
}
template <class... Rest>
unsigned deepest(const ExpressionPtr& first, const Rest&... rest) {
  return std::max(first ? first->depth : 0, deepest(rest...));
}
unsigned deepest(const std::vector<ExpressionPtr>& items) {
  unsigned depth = 0;
  for (const auto& item : items) depth = std::max(depth, deepest(item));
  return depth;
}
unsigned deepest(const ArgumentNodes& arguments) {
  unsigned depth =
      std::max(deepest(arguments.positional), deepest(arguments.more_positional, arguments.more_named));
  for (const auto& named : arguments.named) depth = std::max(depth, deepest(named.second));
  return depth;
}

/// `depth` is that of what stands inside. A long row of `a + b + c` grows as deep as brackets do.
template <class Node>
ExpressionPtr make(Position at, unsigned depth, Node node) {
  if (depth >= kMaxNesting) TokenStream::fail_at("this is nested too deeply", at);
  return std::make_unique<Expression>(Expression{at, depth + 1, std::move(node)});
}

ExpressionPtr make_literal(Position at, Value value) {
  return make(at, 0, LiteralNode{std::move(value)});
}

ExpressionPtr make_binary(Position at, BinaryOperator op, ExpressionPtr left, ExpressionPtr right) {
  const unsigned depth = deepest(left, right);
  return make(at, depth, BinaryNode{op, std::move(left), std::move(right)});
}

ExpressionPtr make_literal_text(Position at, std::string text) {
  return make_literal(at,
                      Value(TextPtr(std::make_shared<const HeapText>(Text(std::move(text)), nullptr, 0))));
}

}  // namespace

ExpressionPtr ExpressionParser::parse() {
  const TokenStream::Nesting nesting(tokens_);
  ExpressionPtr value = parse_or();
  while (tokens_.is_name("if")) {
    const Position at = tokens_.take().at;
    ExpressionPtr condition = parse_or();
    ExpressionPtr otherwise = tokens_.take_name("else") ? parse() : nullptr;
    const unsigned depth = deepest(value, condition, otherwise);
    value = make(at, depth, ConditionalNode{std::move(condition), std::move(value), std::move(otherwise)});
  }
  return value;
}

bool ExpressionParser::ends_tuple(bool with_conditional) const {
  return tokens_.is(Kind::VariableEnd) || tokens_.is(Kind::BlockEnd) || tokens_.is(Kind::End) ||
         tokens_.is_operator(")") || (!with_conditional && tokens_.is_name("if"));
}

ExpressionPtr ExpressionParser::parse_tuple(bool with_conditional) {
  const Position at = tokens_.at();
  std::vector<ExpressionPtr> items;
  bool is_tuple = false;
  while (!ends_tuple(with_conditional)) {
    items.push_back(with_conditional ? parse() : parse_or());
    if (!tokens_.take_operator(",")) break;
    is_tuple = true;
  }
  if (items.empty()) tokens_.fail("expected an expression");
  if (!is_tuple) return std::move(items.front());
  const unsigned depth = deepest(items);
  return make(at, depth, ListNode{std::move(items), true});
}

ExpressionPtr ExpressionParser::parse_or() {
  ExpressionPtr left = parse_and();
  while (tokens_.is_name("or")) {
    const Position at = tokens_.take().at;
    left = make_binary(at, BinaryOperator::Or, std::move(left), parse_and());
  }
  return left;
}

ExpressionPtr ExpressionParser::parse_and() {
  ExpressionPtr left = parse_not();
  while (tokens_.is_name("and")) {
    const Position at = tokens_.take().at;
    left = make_binary(at, BinaryOperator::And, std::move(left), parse_not());
  }
  return left;
}

ExpressionPtr ExpressionParser::parse_not() {
  if (!tokens_.is_name("not")) return parse_compare();
  const TokenStream::Nesting nesting(tokens_);
  const Position at = tokens_.take().at;
  ExpressionPtr operand = parse_not();
  const unsigned depth = deepest(operand);
  return make(at, depth, UnaryNode{UnaryOperator::Not, std::move(operand)});
}

std::optional<Comparison> ExpressionParser::take_comparison() {
  constexpr std::pair<std::string_view, Comparison> kOperators[] = {
      {"==", Comparison::Equal},     {"!=", Comparison::NotEqual}, {"<", Comparison::Less},
      {"<=", Comparison::LessEqual}, {">", Comparison::Greater},   {">=", Comparison::GreaterEqual}};
  for (const auto& [text, comparison] : kOperators)
    if (tokens_.take_operator(text)) return comparison;
  if (tokens_.take_name("in")) return Comparison::In;
  if (tokens_.is_name("not") && tokens_.ahead().kind == Kind::Name && tokens_.ahead().text == "in") {
    tokens_.take();
    tokens_.take();
    return Comparison::NotIn;
  }
  return std::nullopt;
}

ExpressionPtr ExpressionParser::parse_compare() {
  const Position at = tokens_.at();
  ExpressionPtr first = parse_sum();
  std::vector<std::pair<Comparison, ExpressionPtr>> rest;
  unsigned depth = deepest(first);
  while (const auto comparison = take_comparison()) {
    rest.emplace_back(*comparison, parse_sum());
    depth = std::max(depth, deepest(rest.back().second));
  }
  if (rest.empty()) return first;
  return make(at, depth, CompareNode{std::move(first), std::move(rest)});
}

ExpressionPtr ExpressionParser::parse_sum() {
  ExpressionPtr left = parse_concatenation();
  while (tokens_.is_operator("+") || tokens_.is_operator("-")) {
    const Token op = tokens_.take();
    const auto kind = op.text == "+" ? BinaryOperator::Add : BinaryOperator::Subtract;
    left = make_binary(op.at, kind, std::move(left), parse_concatenation());
  }
  return left;
}

ExpressionPtr ExpressionParser::parse_concatenation() {
  ExpressionPtr left = parse_product();
  while (tokens_.is_operator("~")) {
    const Position at = tokens_.take().at;
    left = make_binary(at, BinaryOperator::Concatenate, std::move(left), parse_product());
  }
  return left;
}

ExpressionPtr ExpressionParser::parse_product() {
  constexpr std::pair<std::string_view, BinaryOperator> kOperators[] = {{"*", BinaryOperator::Multiply},
                                                                        {"/", BinaryOperator::Divide},
                                                                        {"//", BinaryOperator::FloorDivide},
                                                                        {"%", BinaryOperator::Modulo}};
  ExpressionPtr left = parse_power();
  while (tokens_.is(Kind::Operator)) {
    const auto* const op = std::ranges::find(kOperators, tokens_.now().text, [](auto& o) { return o.first; });
    if (op == std::end(kOperators)) break;
    const Position at = tokens_.take().at;
    left = make_binary(at, op->second, std::move(left), parse_power());
  }
  return left;
}

ExpressionPtr ExpressionParser::parse_power() {
  ExpressionPtr left = parse_unary();
  while (tokens_.is_operator("**")) {
    const Position at = tokens_.take().at;
    left = make_binary(at, BinaryOperator::Power, std::move(left), parse_unary());
  }
  return left;
}

ExpressionPtr ExpressionParser::parse_unary(bool with_filters) {
  const TokenStream::Nesting nesting(tokens_);
  ExpressionPtr value;
  if (tokens_.is_operator("-") || tokens_.is_operator("+")) {
    const Token op = tokens_.take();
    ExpressionPtr operand = parse_unary(false);
    const unsigned depth = deepest(operand);
    value = make(op.at, depth,
                 UnaryNode{op.text == "-" ? UnaryOperator::Negate : UnaryOperator::Plus, std::move(operand)});
  } else {
    value = parse_primary();
  }
  value = parse_postfix(std::move(value));
  return with_filters ? parse_filters(std::move(value)) : std::move(value);
}

ExpressionPtr ExpressionParser::parse_primary() {
  const Position at = tokens_.at();
  switch (tokens_.now().kind) {
    case Kind::Name:
      return parse_name();
    case Kind::Integer:
    case Kind::Float:
      return parse_number();
    case Kind::String: {
      std::string text;
      while (tokens_.is(Kind::String)) text += tokens_.take().text;
      return make_literal_text(at, std::move(text));
    }
    default:
      if (tokens_.is_operator("(")) return parse_parentheses();
      if (tokens_.is_operator("[")) return parse_list();
      if (tokens_.is_operator("{")) return parse_dict();
      tokens_.fail("expected an expression");
  }
}

ExpressionPtr ExpressionParser::parse_name() {
  Token name = tokens_.take();
  if (name.text == "true" || name.text == "True") return make_literal(name.at, Value(true));
  if (name.text == "false" || name.text == "False") return make_literal(name.at, Value(false));
  if (name.text == "none" || name.text == "None") return make_literal(name.at, Value(None{}));
  names_seen_.push_back(name.text);
  return make(name.at, 0, NameNode{std::move(name.text)});
}

ExpressionPtr ExpressionParser::parse_number() {
  const Token number = tokens_.take();
  const char* begin = number.text.data();
  const char* const end = begin + number.text.size();
  if (number.kind == Kind::Float) {
    double value = 0;
    const auto [stopped, error] = std::from_chars(begin, end, value);
    if (error != std::errc() || stopped != end) TokenStream::fail_at("this number is too large", number.at);
    return make_literal(number.at, Value(value));
  }
  int base = 10;
  if (number.text.size() > 2 && number.text[0] == '0' && !(number.text[1] >= '0' && number.text[1] <= '9')) {
    const char kind = static_cast<char>(number.text[1] | 0x20);
    base = kind == 'x' ? 16 : kind == 'o' ? 8 : 2;
    begin += 2;
  }
  int64_t value = 0;
  const auto [stopped, error] = std::from_chars(begin, end, value, base);
  if (error == std::errc::result_out_of_range) TokenStream::fail_at("this number is too large", number.at);
  const bool leading_zero = base == 10 && number.text[0] == '0' && value != 0;
  if (error != std::errc() || stopped != end || leading_zero)
    TokenStream::fail_at("this is not a number", number.at);
  return make_literal(number.at, Value(value));
}

ExpressionPtr ExpressionParser::parse_parentheses() {
  const Position at = tokens_.take().at;
  if (tokens_.take_operator(")")) return make(at, 0, ListNode{{}, true});
  ExpressionPtr value = parse_tuple();
  tokens_.expect_operator(")");
  return value;
}

ExpressionPtr ExpressionParser::parse_list() {
  const Position at = tokens_.take().at;
  std::vector<ExpressionPtr> items;
  while (!tokens_.is_operator("]")) {
    items.push_back(parse());
    if (!tokens_.take_operator(",")) break;
  }
  tokens_.expect_operator("]");
  const unsigned depth = deepest(items);
  return make(at, depth, ListNode{std::move(items), false});
}

ExpressionPtr ExpressionParser::parse_dict() {
  const Position at = tokens_.take().at;
  DictNode dict;
  unsigned depth = 0;
  while (!tokens_.is_operator("}")) {
    ExpressionPtr key = parse();
    tokens_.expect_operator(":");
    ExpressionPtr value = parse();
    depth = std::max(depth, deepest(key, value));
    dict.entries.emplace_back(std::move(key), std::move(value));
    if (!tokens_.take_operator(",")) break;
  }
  tokens_.expect_operator("}");
  return make(at, depth, std::move(dict));
}

ExpressionPtr ExpressionParser::parse_postfix(ExpressionPtr object) {
  while (true) {
    const Position at = tokens_.at();
    if (tokens_.take_operator(".")) {
      object = parse_attribute(std::move(object));
    } else if (tokens_.take_operator("[")) {
      object = parse_subscript(std::move(object));
    } else if (tokens_.take_operator("(")) {
      ArgumentNodes arguments = parse_arguments();
      const unsigned depth = std::max(deepest(object), deepest(arguments));
      object = make(at, depth, CallNode{std::move(object), std::move(arguments)});
    } else {
      return object;
    }
  }
}

ExpressionPtr ExpressionParser::parse_attribute(ExpressionPtr object) {
  const Position at = tokens_.at();
  const unsigned depth = deepest(object);
  if (tokens_.is(Kind::Integer)) {
    ExpressionPtr key = parse_number();
    return make(at, depth, SubscriptNode{std::move(object), std::move(key)});
  }
  return make(at, depth, AttributeNode{std::move(object), tokens_.expect_any_name()});
}

ExpressionPtr ExpressionParser::parse_subscript(ExpressionPtr object) {
  const Position at = tokens_.at();
  const auto part = [&]() -> ExpressionPtr {
    return tokens_.is_operator(":") || tokens_.is_operator("]") ? nullptr : parse();
  };
  ExpressionPtr begin = part();
  if (!tokens_.is_operator(":")) {
    if (!begin) tokens_.fail("expected a key");
    tokens_.expect_operator("]");
    const unsigned depth = deepest(object, begin);
    return make(at, depth, SubscriptNode{std::move(object), std::move(begin)});
  }
  tokens_.take();
  ExpressionPtr end = part();
  ExpressionPtr step = tokens_.take_operator(":") ? part() : nullptr;
  tokens_.expect_operator("]");
  const unsigned depth = deepest(object, begin, end, step);
  return make(at, depth, SliceNode{std::move(object), std::move(begin), std::move(end), std::move(step)});
}

ArgumentNodes ExpressionParser::parse_arguments() {
  ArgumentNodes arguments;
  while (!tokens_.is_operator(")")) {
    if (tokens_.take_operator("*")) {
      arguments.more_positional = parse();
    } else if (tokens_.take_operator("**")) {
      arguments.more_named = parse();
    } else if (tokens_.is(Kind::Name) && tokens_.ahead().kind == Kind::Operator &&
               tokens_.ahead().text == "=") {
      std::string name = tokens_.take().text;
      tokens_.take();
      arguments.named.emplace_back(std::move(name), parse());
    } else {
      if (!arguments.named.empty()) tokens_.fail("expected a named argument");
      arguments.positional.push_back(parse());
    }
    if (!tokens_.take_operator(",")) break;
  }
  tokens_.expect_operator(")");
  return arguments;
}

ExpressionPtr ExpressionParser::parse_filters(ExpressionPtr input) {
  while (true) {
    const Position at = tokens_.at();
    if (tokens_.take_operator("|")) {
      input = parse_filter(std::move(input), at);
    } else if (tokens_.take_name("is")) {
      input = parse_test(std::move(input));
    } else if (tokens_.take_operator("(")) {
      ArgumentNodes arguments = parse_arguments();
      const unsigned depth = std::max(deepest(input), deepest(arguments));
      input = make(at, depth, CallNode{std::move(input), std::move(arguments)});
    } else {
      return input;
    }
  }
}

ExpressionPtr ExpressionParser::parse_filter(ExpressionPtr input, Position at) {
  std::string name = tokens_.expect_any_name();
  ArgumentNodes arguments;
  if (tokens_.take_operator("(")) arguments = parse_arguments();
  const Filter* const filter = find_filter(name);
  const unsigned depth = std::max(deepest(input), deepest(arguments));
  return make(at, depth, FilterNode{std::move(input), std::move(name), filter, std::move(arguments)});
}

ExpressionPtr ExpressionParser::parse_filters_alone() {
  ExpressionPtr filters = parse_filter(nullptr, tokens_.at());
  while (tokens_.is_operator("|")) {
    const Position at = tokens_.take().at;
    filters = parse_filter(std::move(filters), at);
  }
  return filters;
}

ExpressionPtr ExpressionParser::parse_test(ExpressionPtr input) {
  const Position at = tokens_.at();
  const bool negated = tokens_.take_name("not");
  std::string name = tokens_.expect_any_name();
  ArgumentNodes arguments;
  const auto is_keyword = [&] {
    constexpr std::string_view kKeywords[] = {"else", "or", "and", "is", "if", "in", "not"};
    return std::ranges::find(kKeywords, tokens_.now().text) != std::end(kKeywords);
  };
  if (tokens_.take_operator("(")) {
    arguments = parse_arguments();
  } else if ((tokens_.is(Kind::Name) && !is_keyword()) || tokens_.is(Kind::String) ||
             tokens_.is(Kind::Integer) || tokens_.is(Kind::Float) || tokens_.is_operator("[") ||
             tokens_.is_operator("{")) {
    // `x is divisibleby 3`
    ExpressionPtr argument = parse_primary();
    arguments.positional.push_back(parse_postfix(std::move(argument)));
  }
  const Test* const test = find_test(name);
  const unsigned depth = std::max(deepest(input), deepest(arguments));
  ExpressionPtr result =
      make(at, depth, TestNode{std::move(input), std::move(name), test, std::move(arguments)});
  if (!negated) return result;
  return make(at, depth + 1, UnaryNode{UnaryOperator::Not, std::move(result)});
}

}  // namespace kvasir::engine::jinja
