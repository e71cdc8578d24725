#include "engine/chat/jinja/arithmetic.h"

#include "engine/chat/jinja/format.h"
#include "engine/chat/jinja/operations.h"
#include "engine/chat/jinja/write.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kvasir::engine::jinja {
namespace {

[[noreturn]] void wrong_operands(const char* op, const Value& left, const Value& right) {
  stop("it uses " + std::string(op) + " on " + describe(left) + " and " + describe(right));
}

[[noreturn]] void too_large() {
  stop("a number becomes too large");
}

/// `calculate` sets the result and tells whether it left 64 bits.
template <class Calculate>
Value checked(const Calculate& calculate) {
  int64_t result = 0;
  if (calculate(&result)) too_large();
  return Value(result);
}

/// Whole numbers if both are, else floating-point ones.
template <class Whole, class Real>
Value numbers(const char* op, const Value& left, const Value& right, Whole whole, Real real) {
  const auto a = as_integer(left);
  const auto b = as_integer(right);
  if (a && b) return whole(*a, *b);
  const auto x = as_number(left);
  const auto y = as_number(right);
  if (!x || !y) wrong_operands(op, left, right);
  return Value(static_cast<double>(real(*x, *y)));
}

Value join_lists(Heap& heap, const List& left, const List& right) {
  heap.step(left.items.size() + right.items.size());
  std::vector<Value> items = left.items;
  items.insert(items.end(), right.items.begin(), right.items.end());
  return heap.list(std::move(items), left.is_tuple);
}

Value join_texts(Heap& heap, const Text& left, const Text& right) {
  TextBuilder out(heap);
  out.append(left);
  out.append(right);
  return out.take();
}

Value add(Heap& heap, const Value& left, const Value& right) {
  if (left.is_text() && right.is_text()) return join_texts(heap, left.text(), right.text());
  if (left.is<List*>() && right.is<List*>() && left.as<List*>()->is_tuple == right.as<List*>()->is_tuple)
    return join_lists(heap, *left.as<List*>(), *right.as<List*>());
  return numbers(
      "+", left, right,
      [](int64_t a, int64_t b) {
        return checked([=](int64_t* result) { return __builtin_add_overflow(a, b, result); });
      },
      [](double a, double b) { return a + b; });
}

Value subtract(const Value& left, const Value& right) {
  return numbers(
      "-", left, right,
      [](int64_t a, int64_t b) {
        return checked([=](int64_t* result) { return __builtin_sub_overflow(a, b, result); });
      },
      [](double a, double b) { return a - b; });
}

/// Stops before anything grows that would end too large.
void check_room(Heap& heap, size_t bytes, int64_t times) {
  size_t total = 0;
  if (__builtin_mul_overflow(bytes, static_cast<size_t>(times), &total)) total = SIZE_MAX;
  heap.charge(total);
  heap.release(total);
}

/// A text or a list, so many times over.
Value repeat(Heap& heap, const Value& value, int64_t times) {
  times = std::max<int64_t>(times, 0);
  if (value.is_text()) {
    const Text& text = value.text();
    check_room(heap, text.size(), times);
    TextBuilder out(heap);
    for (int64_t i = 0; i < times && !text.empty(); ++i) out.append(text);
    return out.take();
  }
  const List& list = *value.as<List*>();
  check_room(heap, list.items.size() * sizeof(Value), times);
  std::vector<Value> items;
  for (int64_t i = 0; i < times && !list.items.empty(); ++i)
    items.insert(items.end(), list.items.begin(), list.items.end());
  return heap.list(std::move(items), list.is_tuple);
}

Value multiply(Heap& heap, const Value& left, const Value& right) {
  const auto repeats = [](const Value& value) { return value.is_text() || value.is<List*>(); };
  if (repeats(left) && as_integer(right)) return repeat(heap, left, *as_integer(right));
  if (repeats(right) && as_integer(left)) return repeat(heap, right, *as_integer(left));
  return numbers(
      "*", left, right,
      [](int64_t a, int64_t b) {
        return checked([=](int64_t* result) { return __builtin_mul_overflow(a, b, result); });
      },
      [](double a, double b) { return a * b; });
}

void check_divisor(const Value& right) {
  if (as_number(right) == 0.0) stop("it divides by zero");
}

Value divide(const Value& left, const Value& right) {
  const auto a = as_number(left);
  const auto b = as_number(right);
  if (!a || !b) wrong_operands("/", left, right);
  check_divisor(right);
  return Value(*a / *b);
}

Value floor_divide(const Value& left, const Value& right) {
  check_divisor(right);
  return numbers(
      "//", left, right,
      [](int64_t a, int64_t b) {
        if (a == std::numeric_limits<int64_t>::min() && b == -1) too_large();
        return Value(a / b - (a % b != 0 && (a < 0) != (b < 0)));
      },
      [](double a, double b) { return std::floor(a / b); });
}

Value modulo(Heap& heap, const Value& left, const Value& right) {
  if (left.is_text()) return percent_format(heap, left.text(), right);
  check_divisor(right);
  return numbers(
      "%", left, right,
      [](int64_t a, int64_t b) {
        if (b == -1) return Value(int64_t{0});
        const int64_t rest = a % b;
        return Value(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
      },
      [](double a, double b) {
        const double rest = std::fmod(a, b);
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
      });
}

Value power(const Value& left, const Value& right) {
  const auto base = as_integer(left);
  const auto exponent = as_integer(right);
  if (base && exponent && *exponent >= 0) {
    if (*base == 0 || *base == 1) return Value(*exponent == 0 ? int64_t{1} : *base);
    if (*base == -1) return Value(*exponent % 2 == 0 ? int64_t{1} : int64_t{-1});
    int64_t result = 1;
    for (int64_t i = 0; i < *exponent; ++i)  // ends after 62 rounds at most
      if (__builtin_mul_overflow(result, *base, &result)) too_large();
    return Value(result);
  }
  const auto x = as_number(left);
  const auto y = as_number(right);
  if (!x || !y) wrong_operands("**", left, right);
  if (*x == 0 && *y < 0) stop("it divides by zero");
  return Value(std::pow(*x, *y));
}

Value concatenate(Heap& heap, const Value& left, const Value& right) {
  TextBuilder out(heap);
  write_text(out, left);
  write_text(out, right);
  return out.take();
}

}  // namespace

Value calculate(Heap& heap, BinaryOperator op, const Value& left, const Value& right) {
  switch (op) {
    case BinaryOperator::Add:
      return add(heap, left, right);
    case BinaryOperator::Subtract:
      return subtract(left, right);
    case BinaryOperator::Multiply:
      return multiply(heap, left, right);
    case BinaryOperator::Divide:
      return divide(left, right);
    case BinaryOperator::FloorDivide:
      return floor_divide(left, right);
    case BinaryOperator::Modulo:
      return modulo(heap, left, right);
    case BinaryOperator::Power:
      return power(left, right);
    case BinaryOperator::Concatenate:
      return concatenate(heap, left, right);
    case BinaryOperator::And:
    case BinaryOperator::Or:
      break;
  }
  return {};
}

Value negate(const Value& value) {
  if (const auto whole = as_integer(value)) {
    if (*whole == std::numeric_limits<int64_t>::min()) too_large();
    return Value(-*whole);
  }
  if (!value.is<double>()) stop("it uses - on " + describe(value));
  return Value(-value.as<double>());
}

}  // namespace kvasir::engine::jinja
