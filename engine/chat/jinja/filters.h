#pragma once

#include "engine/chat/jinja/arguments.h"

#include <span>
#include <string_view>

namespace kvasir::engine::jinja {

/// `value|name(arguments)`.
struct Filter {
  std::string_view name;
  Value (*apply)(Interpreter& interpreter, const Value& input, const Arguments& arguments);
};

/// Null where there is no filter of that name.
const Filter* find_filter(std::string_view name);

// Each group in its own file.
std::span<const Filter> text_filters();
std::span<const Filter> list_filters();
std::span<const Filter> selecting_filters();
std::span<const Filter> value_filters();

}  // namespace kvasir::engine::jinja
