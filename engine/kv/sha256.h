#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace kvasir::engine {

/// A SHA-256 digest.
struct Hash256 {
  std::array<std::byte, 32> bytes{};
  auto operator<=>(const Hash256&) const = default;
  std::string hex() const;
};

}  // namespace kvasir::engine
