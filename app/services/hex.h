#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::app {

/// Two digits a byte, in lower case.
std::string to_hex(std::span<const std::byte> bytes);
/// Empty where the text is anything that `to_hex` doesn't write.
std::vector<std::byte> from_hex(std::string_view text);

}  // namespace kvasir::app
