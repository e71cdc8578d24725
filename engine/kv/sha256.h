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

/// How many messages cost little more together than one: a processor's SHA instructions wait for each other
/// within a message.
inline constexpr size_t kSha256Lanes = 3;
/// digests[i] = sha256(message i), of `digests.size()` messages of `bytes` bytes that follow each other.
void sha256_of_each(std::span<const std::byte> messages, size_t bytes, std::span<Hash256> digests);

}  // namespace kvasir::engine
