#pragma once

#include "engine/kv/sha256.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine {

/// Hashes a sequence of fields, each prefixed with its length (u64, little-endian), so that no two
/// different sequences of fields give the same bytes.
class FieldHasher {
 public:
  explicit FieldHasher(std::string_view tag);
  ~FieldHasher();
  FieldHasher(const FieldHasher&) = delete;
  FieldHasher& operator=(const FieldHasher&) = delete;

  FieldHasher& add(std::span<const std::byte> field);
  FieldHasher& add(std::string_view field);
  FieldHasher& add_u64(uint64_t value);
  FieldHasher& add_f32(float value);
  Hash256 finish();

 private:
  void* context_;  // EVP_MD_CTX
};

/// The number of tokens whose KV is stored and found as one unit.
inline constexpr uint32_t kBlockTokens = 64;

/// Keys of the full blocks of a token sequence: h₀ = H(root tag, secret, fingerprint),
/// hᵢ = H(block tag, hᵢ₋₁, 64 ids). Equal tokens after different prefixes never share a key.
struct BlockChain {
  Hash256 root;
  std::vector<Hash256> keys;  ///< keys[i] is the block of tokens [64·i, 64·(i+1))

  BlockChain() = default;
  BlockChain(std::span<const std::byte> profile_secret, const Hash256& fingerprint);
  /// Adds the keys of the blocks that `token_ids` (the sequence from its start) completes.
  void extend(std::span<const int32_t> token_ids);
  /// Forgets keys past `tokens` tokens.
  void truncate(size_t tokens);
  /// The key that block `index` is chained to.
  const Hash256& parent(size_t index) const { return index == 0 ? root : keys[index - 1]; }
};

/// The key of a tail: fewer than 64 ids behind the block `parent` (of a chain without one, the root).
Hash256 kv_tail_key(const Hash256& parent, std::span<const int32_t> token_ids);

}  // namespace kvasir::engine

template <>
struct std::hash<kvasir::engine::Hash256> {
  size_t operator()(const kvasir::engine::Hash256& value) const noexcept {
    size_t prefix;
    std::memcpy(&prefix, value.bytes.data(), sizeof prefix);
    return prefix;
  }
};
