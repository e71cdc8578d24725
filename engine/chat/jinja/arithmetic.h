#pragma once

#include "engine/chat/jinja/ast.h"
#include "engine/chat/jinja/heap.h"

namespace kvasir::engine::jinja {

/// Python's operators on two values, `and` and `or` excepted (they do not always look at both). Whole numbers
/// that leave 64 bits stop the rendering.
Value calculate(Heap& heap, BinaryOperator op, const Value& left, const Value& right);
Value negate(const Value& value);

}  // namespace kvasir::engine::jinja
