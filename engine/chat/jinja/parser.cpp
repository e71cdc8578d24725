#include "engine/chat/jinja/parser.h"

#include "engine/chat/jinja/expression_parser.h"
#include "engine/chat/jinja/token_stream.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace kvasir::engine::jinja {
namespace {

using Kind = Token::Kind;

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)), expressions_(tokens_) {}

  Body parse() {
    Body body = parse_body({});
    if (!tokens_.is(Kind::End)) tokens_.fail("nothing is open to be closed");
    return body;
  }

 private:
  /// Statements up to a block whose tag is one of `ends`: its name is then the next token.
  Body parse_body(std::initializer_list<std::string_view> ends) {
    const TokenStream::Nesting nesting(tokens_);
    Body body;
    while (!tokens_.is(Kind::End)) {
      const Position at = tokens_.at();
      if (tokens_.is(Kind::Data)) {
        Text text(tokens_.take().text);
        auto literal = std::make_shared<const HeapText>(std::move(text), nullptr, 0);
        body.push_back({at, DataNode{Value(TextPtr(std::move(literal)))}});
      } else if (tokens_.is(Kind::VariableBegin)) {
        tokens_.take();
        body.push_back({at, PrintNode{expressions_.parse_tuple()}});
        tokens_.expect(Kind::VariableEnd, "the end of the tag");
      } else {
        tokens_.expect(Kind::BlockBegin, "a tag");
        if (std::ranges::find(ends, tokens_.now().text) != ends.end() && tokens_.is(Kind::Name)) return body;
        body.push_back(parse_statement());
      }
    }
    if (ends.size() > 0) tokens_.fail("expected " + in_quotes(*(ends.end() - 1)));
    return body;
  }

  /// The body of a block whose tag ends here, and the tag that closes it.
  Body parse_block(std::string_view end) {
    end_tag();
    Body body = parse_body({end});
    tokens_.take();
    return body;
  }

  void end_tag() { tokens_.expect(Kind::BlockEnd, "the end of the tag"); }

  Statement parse_statement() {
    const Position at = tokens_.at();
    const std::string name = tokens_.expect_any_name();
    Statement statement{at, parse_node(name, at)};
    end_tag();
    return statement;
  }

  decltype(Statement::node) parse_node(const std::string& name, Position at) {
    if (name == "if") return parse_if();
    if (name == "for") return parse_for();
    if (name == "set") return parse_set();
    if (name == "macro") return parse_macro();
    if (name == "call") return parse_call(at);
    if (name == "filter") return parse_filter_block();
    if (name == "with") return parse_with();
    if (name == "generation") return ScopeNode{parse_block("endgeneration")};
    if ((name == "break" || name == "continue") && loops_ == 0)
      TokenStream::fail_at(in_quotes(name) + " stands in no loop", at);
    if (name == "break") return BreakNode{};
    if (name == "continue") return ContinueNode{};
    TokenStream::fail_at(in_quotes(name) + " is a tag that is not supported here", at);
  }

  IfNode parse_if() {
    IfNode node;
    Token end{};
    do {
      ExpressionPtr condition = expressions_.parse_tuple();
      end_tag();
      node.branches.emplace_back(std::move(condition), parse_body({"elif", "else", "endif"}));
      end = tokens_.take();
    } while (end.text == "elif");
    if (end.text == "else") node.otherwise = parse_block("endif");
    return node;
  }

  ForNode parse_for() {
    ForNode node;
    node.target = parse_target(false);
    tokens_.expect_name("in");
    node.items = expressions_.parse_tuple(false);
    if (tokens_.take_name("if")) node.condition = expressions_.parse();
    if (tokens_.is_name("recursive")) tokens_.fail("recursive loops are not supported");
    end_tag();
    ++loops_;
    node.body = parse_body({"else", "endfor"});
    --loops_;
    if (tokens_.take().text == "else") node.otherwise = parse_block("endfor");
    return node;
  }

  decltype(Statement::node) parse_set() {
    Target target = parse_target(true);
    if (tokens_.take_operator("=")) return SetNode{std::move(target), expressions_.parse_tuple()};
    ExpressionPtr filters;
    if (tokens_.take_operator("|")) filters = expressions_.parse_filters_alone();
    Body body = parse_block("endset");
    return SetBlockNode{std::move(target), std::move(filters), std::move(body)};
  }

  FilterBlockNode parse_filter_block() {
    ExpressionPtr filters = expressions_.parse_filters_alone();
    Body body = parse_block("endfilter");
    return {std::move(filters), std::move(body)};
  }

  WithNode parse_with() {
    WithNode node;
    while (!tokens_.is(Kind::BlockEnd)) {
      Target target = parse_target(false);
      tokens_.expect_operator("=");
      node.variables.emplace_back(std::move(target), expressions_.parse());
      if (!tokens_.take_operator(",")) break;
    }
    node.body = parse_block("endwith");
    return node;
  }

  MacroNode parse_macro() {
    const std::string name = tokens_.expect_any_name();
    tokens_.expect_operator("(");
    std::vector<Parameter> parameters = parse_parameters();
    return parse_macro_body(name, std::move(parameters), "endmacro");
  }

  CallBlockNode parse_call(Position at) {
    std::vector<Parameter> parameters;
    if (tokens_.take_operator("(")) parameters = parse_parameters();
    ExpressionPtr call = expressions_.parse();
    if (!std::holds_alternative<CallNode>(call->node))
      TokenStream::fail_at("a call block needs the call of a macro", at);
    return {std::move(call), parse_macro_body("caller", std::move(parameters), "endcall")};
  }

  std::vector<Parameter> parse_parameters() {
    std::vector<Parameter> parameters;
    while (!tokens_.is_operator(")")) {
      Parameter parameter{tokens_.expect_any_name(), nullptr};
      if (tokens_.take_operator("="))
        parameter.otherwise = expressions_.parse();
      else if (!parameters.empty() && parameters.back().otherwise)
        tokens_.fail("expected a default for " + in_quotes(parameter.name));
      parameters.push_back(std::move(parameter));
      if (!tokens_.take_operator(",")) break;
    }
    tokens_.expect_operator(")");
    return parameters;
  }

  MacroNode parse_macro_body(std::string name, std::vector<Parameter> parameters, std::string_view end) {
    auto& seen = expressions_.names_seen();
    auto seen_before = std::exchange(seen, {});
    const unsigned loops = std::exchange(loops_, 0);
    MacroNode macro{std::move(name), std::move(parameters), parse_block(end)};
    const auto mentions = [&](const char* who) { return std::ranges::find(seen, who) != seen.end(); };
    macro.uses_varargs = mentions("varargs");
    macro.uses_kwargs = mentions("kwargs");
    macro.uses_caller = mentions("caller");
    loops_ = loops;
    seen = std::move(seen_before);
    return macro;
  }

  /// A name, `namespace.attribute` where that may be, or several with commas between.
  Target parse_target(bool with_attribute) {
    std::vector<Target> several;
    bool is_tuple = false;
    do {
      if (is_tuple && (tokens_.is_name("in") || tokens_.is_operator("="))) break;
      several.push_back(parse_one_target(with_attribute));
    } while (tokens_.take_operator(",") && (is_tuple = true));
    if (!is_tuple) return std::move(several.front());
    return {{}, {}, std::move(several)};
  }

  Target parse_one_target(bool with_attribute) {
    const TokenStream::Nesting nesting(tokens_);
    if (tokens_.take_operator("(")) {
      Target target = parse_target(with_attribute);
      tokens_.expect_operator(")");
      return target;
    }
    const Position at = tokens_.at();
    Target target{tokens_.expect_any_name(), {}, {}};
    constexpr std::string_view kConstants[] = {"true", "false", "none", "True", "False", "None"};
    if (std::ranges::find(kConstants, target.name) != std::end(kConstants))
      TokenStream::fail_at(in_quotes(target.name) + " can't be set", at);
    if (with_attribute && tokens_.take_operator(".")) target.attribute = tokens_.expect_any_name();
    return target;
  }

  TokenStream tokens_;
  ExpressionParser expressions_;
  unsigned loops_ = 0;  // around what is being parsed
};

}  // namespace

Body parse_template(std::string_view source) {
  return Parser(tokenize(source)).parse();
}

}  // namespace kvasir::engine::jinja
