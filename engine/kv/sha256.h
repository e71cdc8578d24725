#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace kvasir::engine {

/// A SHA-256 digest.
struct Hash256 {
  std::array<std::byte, 32> bytes{};
  auto operator<=>(const Hash256&) const = default;
  std::string hex() const;
};

/// Throws bad_alloc.
Hash256 sha256(std::span<const std::byte> message);

}  // namespace kvasir::engine
