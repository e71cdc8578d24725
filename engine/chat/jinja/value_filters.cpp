#include "engine/chat/jinja/access.h"
#include "engine/chat/jinja/arithmetic.h"
#include "engine/chat/jinja/filters.h"
#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/json.h"
#include "engine/chat/jinja/unicode.h"
#include "engine/chat/jinja/write.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kvasir::engine::jinja {
namespace {

Value default_value(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "default");
  const Value* const otherwise = reader.next("default_value");
  const bool replaces_false = reader.flag("boolean", false);
  reader.done();
  if (!input.is<Undefined>() && !(replaces_false && !truthy(input))) return input;
  return otherwise != nullptr ? *otherwise : interpreter.heap().text("");
}

Value length_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "length").done();
  if (input.is_text()) interpreter.heap().read(input.text().size());
  return Value(static_cast<int64_t>(length(input)));
}

Value items_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "items").done();
  Heap& heap = interpreter.heap();
  if (input.is<Undefined>()) return heap.list();
  if (!input.is<Dict*>()) stop("items is given " + describe(input));
  std::vector<Value> pairs;
  for (const auto& [key, value] : input.as<Dict*>()->entries) pairs.push_back(heap.list({key, value}, true));
  return heap.list(std::move(pairs));
}

Value attr(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "attr");
  const std::string& name = reader.text("name").bytes();
  reader.done();
  // Unlike `input.name`: never a dict's entry.
  if (input.is<Dict*>() && find(*input.as<Dict*>(), name) != nullptr) return {};
  return attribute(interpreter.heap(), input, name);
}

/// A number's text as Python reads it: white space around it, underscores between digits.
std::string digits_of(const Text& text) {
  const std::string_view bytes = text.bytes();
  const size_t begin = skip_space(bytes);
  std::string digits(bytes.substr(begin, std::max(skip_space_back(bytes), begin) - begin));
  std::erase(digits, '_');
  if (digits.starts_with('+')) digits.erase(0, 1);
  return digits;
}

std::optional<double> read_float(const Text& text) {
  const std::string digits = digits_of(text);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> truncated(double number) {
  if (!(std::abs(number) < 9.2e18)) return std::nullopt;
  return static_cast<int64_t>(number);
}

Value int_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "int");
  const Value* const given = reader.next("default");
  const int64_t base = reader.integer("base", 10);
  reader.done();
  if (base < 2 || base > 36) stop("int has a base that is not supported");
  const Value otherwise = given != nullptr ? *given : Value(int64_t{0});
  if (input.is<Undefined>()) stop("it makes a number of " + describe(input));
  if (const auto whole = as_integer(input)) return Value(*whole);
  if (input.is_text()) {
    interpreter.heap().read(input.text().size());
    const std::string digits = digits_of(input.text());
    int64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, static_cast<int>(base));
    if (error == std::errc::result_out_of_range) stop("a number becomes too large");
    if (error == std::errc() && end == digits.data() + digits.size()) return Value(value);
  }
  const auto number = input.is_text() ? read_float(input.text()) : as_number(input);
  const auto whole = number ? truncated(*number) : std::nullopt;
  return whole ? Value(*whole) : otherwise;
}

Value float_filter(Interpreter&, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "float");
  const Value* const given = reader.next("default");
  reader.done();
  if (input.is<Undefined>()) stop("it makes a number of " + describe(input));
  const auto number = input.is_text() ? read_float(input.text()) : as_number(input);
  if (number) return Value(*number);
  return given != nullptr ? *given : Value(0.0);
}

Value abs_filter(Interpreter&, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "abs").done();
  const auto number = as_number(input);
  if (!number) stop("abs is given " + describe(input));
  if (const auto whole = as_integer(input)) return *whole < 0 ? negate(input) : Value(*whole);
  return Value(std::abs(*number));
}

/// As Python rounds: to the nearest, ties to even, of the number as it really is.
double rounded(double number, int64_t precision) {
  if (!std::isfinite(number) || precision > 300) return number;
  if (precision < 0) {
    const double unit = std::pow(10.0, static_cast<double>(-precision));
    return std::isfinite(unit) ? std::nearbyint(number / unit) * unit : 0.0;
  }
  char buffer[700];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed,
                                     static_cast<int>(precision));
  double result = number;
  std::from_chars(buffer, written.ptr, result);
  return result;
}

Value round_filter(Interpreter&, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "round");
  const int64_t precision = std::clamp<int64_t>(reader.integer("precision", 0), -400, 400);
  const Text* const method = reader.text_or_none("method");
  reader.done();
  const auto number = as_number(input);
  if (!number) stop("round is given " + describe(input));
  if (method == nullptr || method->bytes() == "common") {
    if (as_integer(input) && precision >= 0) return Value(*as_integer(input));
    return Value(rounded(*number, precision));
  }
  if (method->bytes() != "ceil" && method->bytes() != "floor") stop("round has a method that does not exist");
  const double unit = std::pow(10.0, static_cast<double>(precision));
  return Value((method->bytes() == "ceil" ? std::ceil(*number * unit) : std::floor(*number * unit)) / unit);
}

JsonStyle json_style(ArgumentReader& reader) {
  JsonStyle style;
  // Jinja's first parameter is the indent; what chat templates know begins with this one. A number means the
  // indent.
  const Value* const first = reader.next("ensure_ascii");
  const bool first_is_indent = first != nullptr && first->is<int64_t>();
  if (first != nullptr && !first_is_indent) style.ensure_ascii = truthy(*first);
  const Value* indent = reader.next("indent");
  if (first_is_indent) indent = first;
  if (indent != nullptr && as_integer(*indent))
    style.indent = std::string(static_cast<size_t>(std::clamp<int64_t>(*as_integer(*indent), 0, 100)), ' ');
  else if (indent != nullptr && indent->is_text())
    style.indent = indent->text().bytes();
  if (style.indent) style.item_separator.assign(1, ',');
  const Value* const separators = reader.next("separators");
  style.sort_keys = reader.flag("sort_keys", false);
  if (separators == nullptr || separators->is<None>()) return style;
  const bool is_pair = separators->is<List*>() && separators->as<List*>()->items.size() == 2 &&
                       std::ranges::all_of(separators->as<List*>()->items, &Value::is_text);
  if (!is_pair) stop("tojson wants two texts as 'separators'");
  style.item_separator = separators->as<List*>()->items[0].text().bytes();
  style.key_separator = separators->as<List*>()->items[1].text().bytes();
  return style;
}

Value tojson(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "tojson");
  const JsonStyle style = json_style(reader);
  reader.done();
  TextBuilder out(interpreter.heap());
  write_json(out, input, style);
  return out.take();
}

constexpr Filter kValueFilters[] = {
    {"default", default_value}, {"d", default_value},    {"length", length_filter}, {"count", length_filter},
    {"items", items_filter},    {"attr", attr},          {"int", int_filter},       {"float", float_filter},
    {"abs", abs_filter},        {"round", round_filter}, {"tojson", tojson},
};

}  // namespace

std::span<const Filter> value_filters() {
  return kValueFilters;
}

}  // namespace kvasir::engine::jinja
