#pragma once

#include "engine/chat/jinja/heap.h"

#include <string>

namespace kvasir::engine::jinja {

// Values as text. What was text keeps its bytes' origins, inside of lists too.

/// Python's `str(value)`; an undefined value is nothing.
void write_text(TextBuilder& out, const Value& value);
/// Python's `repr(value)`.
void write_repr(TextBuilder& out, const Value& value, unsigned depth = 0);
/// The value itself where it is a text, else its text.
Value to_text(Heap& heap, const Value& value);
/// Python's shortest form that reads back to the same number, with a point or an exponent.
std::string float_text(double number);

}  // namespace kvasir::engine::jinja
