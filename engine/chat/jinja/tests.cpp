#include "engine/chat/jinja/tests.h"

#include "engine/chat/jinja/filters.h"
#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/text_functions.h"
#include "engine/chat/jinja/unicode.h"
#include "engine/chat/jinja/write.h"

#include <algorithm>

namespace kvasir::engine::jinja {
namespace {

using Holds = bool (*)(const Value&);

/// A test of the value alone.
template <Holds kHolds>
bool plain(Interpreter&, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "a test").done();
  return kHolds(input);
}

template <class T>
bool is_type(const Value& value) {
  return value.is<T>();
}
bool is_defined(const Value& value) {
  return !value.is<Undefined>();
}
bool is_true(const Value& value) {
  return value.is<bool>() && value.as<bool>();
}
bool is_false(const Value& value) {
  return value.is<bool>() && !value.as<bool>();
}
/// Whatever has a length and items, as Jinja sees it: an undefined value too.
bool is_sequence(const Value& value) {
  return is_iterable(value);
}
bool is_never(const Value&) {
  return false;
}

int64_t whole(const Value& value, const char* test) {
  const auto number = as_integer(value);
  if (!number) stop(std::string(test) + " is asked of " + describe(value));
  return *number;
}
bool is_odd(const Value& value) {
  return whole(value, "odd") % 2 != 0;
}
bool is_even(const Value& value) {
  return whole(value, "even") % 2 == 0;
}

bool is_divisible(Interpreter&, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "divisibleby");
  const int64_t by = reader.integer("num");
  reader.done();
  if (by == 0) stop("it divides by zero");
  return by == -1 || whole(input, "divisibleby") % by == 0;
}

enum class Order { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };

template <Order kOrder>
bool ordered(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "a comparing test");
  const Value& other = reader.need("other");
  reader.done();
  Heap& heap = interpreter.heap();
  if (kOrder == Order::Equal) return equal(heap, input, other);
  if (kOrder == Order::NotEqual) return !equal(heap, input, other);
  const int order = compare(heap, input, other);
  if (kOrder == Order::Less) return order < 0;
  if (kOrder == Order::LessEqual) return order <= 0;
  if (kOrder == Order::Greater) return order == 1;
  return order == 0 || order == 1;
}

bool is_in(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "in");
  const Value& container = reader.need("seq");
  reader.done();
  return contains(interpreter.heap(), container, input);
}

bool is_same(Interpreter&, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "sameas");
  const Value& other = reader.need("other");
  reader.done();
  return same_object(input, other);
}

template <bool (*kWanted)(char32_t), bool (*kUnwanted)(char32_t)>
bool is_in_case(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "a test").done();
  const Value text = to_text(interpreter.heap(), input);
  interpreter.heap().read(text.text().size());
  return has_case(text.text(), kWanted, kUnwanted);
}

template <class Found, Found (*kFind)(std::string_view)>
bool is_name_of(Interpreter&, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "a test").done();
  return input.is_text() && kFind(input.text().bytes()) != nullptr;
}

constexpr Test kTests[] = {
    {"defined", plain<is_defined>},
    {"undefined", plain<is_type<Undefined>>},
    {"none", plain<is_type<None>>},
    {"boolean", plain<is_type<bool>>},
    {"true", plain<is_true>},
    {"false", plain<is_false>},
    {"integer", plain<is_type<int64_t>>},
    {"float", plain<is_type<double>>},
    {"number", plain<is_number>},
    {"string", plain<is_type<TextPtr>>},
    {"mapping", plain<is_type<Dict*>>},
    {"iterable", plain<is_iterable>},
    {"sequence", plain<is_sequence>},
    {"callable", plain<is_type<Callable*>>},
    {"escaped", plain<is_never>},
    {"odd", plain<is_odd>},
    {"even", plain<is_even>},
    {"divisibleby", is_divisible},
    {"in", is_in},
    {"sameas", is_same},
    {"lower", is_in_case<is_lower, is_upper>},
    {"upper", is_in_case<is_upper, is_lower>},
    {"filter", is_name_of<const Filter*, find_filter>},
    {"test", is_name_of<const Test*, find_test>},
    {"eq", ordered<Order::Equal>},
    {"equalto", ordered<Order::Equal>},
    {"==", ordered<Order::Equal>},
    {"ne", ordered<Order::NotEqual>},
    {"!=", ordered<Order::NotEqual>},
    {"lt", ordered<Order::Less>},
    {"lessthan", ordered<Order::Less>},
    {"<", ordered<Order::Less>},
    {"le", ordered<Order::LessEqual>},
    {"<=", ordered<Order::LessEqual>},
    {"gt", ordered<Order::Greater>},
    {"greaterthan", ordered<Order::Greater>},
    {">", ordered<Order::Greater>},
    {"ge", ordered<Order::GreaterEqual>},
    {">=", ordered<Order::GreaterEqual>},
};

}  // namespace

const Test* find_test(std::string_view name) {
  const auto* const found = std::ranges::find(kTests, name, &Test::name);
  return found == std::end(kTests) ? nullptr : found;
}

}  // namespace kvasir::engine::jinja
