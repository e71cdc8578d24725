#pragma once

#include "engine/base/result.h"
#include "engine/kv/block_hash.h"
#include "engine/kv/kv_cache.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kvasir::engine {

/// The record of one block as it is stored: docs/formats/kv-block.md describes the bytes.
/// It carries everything that proves which KV this is: parent key, fingerprint, all 64 ids, layout, and a
/// checksum over the header and over each layer's slice.
std::vector<std::byte> encode_kv_block(const KvCache& cache, uint32_t first_position, const Hash256& key,
                                       const Hash256& parent, const Hash256& fingerprint,
                                       std::span<const int32_t> token_ids);

/// Verifies every field of `record` against what is expected and only then copies the slices into the
/// cache's rows at `first_position`. The cache's length is left to the caller: nothing becomes visible here.
Result<void> import_kv_block(std::span<const std::byte> record, KvCache& cache, uint32_t first_position,
                             const Hash256& key, const Hash256& parent, const Hash256& fingerprint,
                             std::span<const int32_t> token_ids);

}  // namespace kvasir::engine
