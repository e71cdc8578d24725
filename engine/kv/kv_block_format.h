#pragma once

#include "engine/kv/block_hash.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace kvasir::engine {

/// The head of a block's record, as docs/formats/kv-block.md describes it: little-endian, without gaps.
/// It is followed by one XXH3-64 for each layer's slice, by the XXH3-64 of all bytes up to there, by zeros up
/// to a multiple of kKvBlockAlignment, and then by the slices, layer 0 first.
struct KvBlockHeader {
  std::array<char, 8> magic;
  uint32_t version;
  uint32_t kv_type;  ///< KvType
  uint32_t layers;
  uint32_t width;   ///< values of one token in one layer
  uint32_t tokens;  ///< kBlockTokens; of a tail fewer
  uint32_t first_position;
  uint64_t slice_bytes;  ///< of one layer
  Hash256 key;
  Hash256 parent;
  Hash256 fingerprint;
  std::array<int32_t, kBlockTokens> token_ids;  ///< behind a tail's own: zeros
};
static_assert(sizeof(KvBlockHeader) == 392);

inline constexpr std::array<char, 8> kKvBlockMagic = {'K', 'V', 'B', 'L', 'O', 'C', 'K', '\0'};
inline constexpr uint32_t kKvBlockVersion = 1;
/// A cache line: the slices can be used where they lie.
inline constexpr size_t kKvBlockAlignment = 64;

/// Where the first slice begins in the record of a block with so many layers.
constexpr size_t kv_block_slices_offset(uint32_t layers) {
  const size_t end = sizeof(KvBlockHeader) + (size_t{layers} + 1) * sizeof(uint64_t);
  return (end + kKvBlockAlignment - 1) / kKvBlockAlignment * kKvBlockAlignment;
}

}  // namespace kvasir::engine
