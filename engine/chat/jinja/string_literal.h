#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kvasir::engine::jinja {

/// What the text between a literal's quotation marks says, escapes as in Python. Empty for one that Python
/// would refuse.
std::optional<std::string> string_literal(std::string_view quoted);

}  // namespace kvasir::engine::jinja
