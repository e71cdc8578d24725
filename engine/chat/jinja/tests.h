#pragma once

#include "engine/chat/jinja/arguments.h"

#include <string_view>

namespace kvasir::engine::jinja {

/// `value is name(arguments)`.
struct Test {
  std::string_view name;
  bool (*holds)(Interpreter& interpreter, const Value& input, const Arguments& arguments);
};

/// Null where there is no test of that name.
const Test* find_test(std::string_view name);

}  // namespace kvasir::engine::jinja
