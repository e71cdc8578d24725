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
/// checksum over the header and over each layer's slice. An error where the cache's rows can't be read.
Result<std::vector<std::byte>> encode_kv_block(const KvCache& cache, uint32_t first_position,
                                               const Hash256& key, const Hash256& parent,
                                               const Hash256& fingerprint,
                                               std::span<const int32_t> token_ids);

/// Verifies every field of `record` against what is expected and only then copies the slices into the
/// cache's rows at `first_position`. The cache's length is left to the caller: nothing becomes visible here.
Result<void> import_kv_block(std::span<const std::byte> record, KvCache& cache, uint32_t first_position,
                             const Hash256& key, const Hash256& parent, const Hash256& fingerprint,
                             std::span<const int32_t> token_ids);

/// The record of what follows a chain's last full block: `token_ids`, fewer than 64 and at least one, whose
/// rows begin at `first_position`, a multiple of 64. `parent` is that block's key, or the root.
Result<std::vector<std::byte>> encode_kv_tail(const KvCache& cache, uint32_t first_position,
                                              const Hash256& parent, const Hash256& fingerprint,
                                              std::span<const int32_t> token_ids);

/// Verifies a tail as `import_kv_block` verifies a block, only that its ids are its own. Then copies the rows
/// of as many tokens as its ids and `wanted_ids` begin with alike, and returns how many those are. Nothing
/// becomes visible here.
Result<uint32_t> import_kv_tail(std::span<const std::byte> record, KvCache& cache, uint32_t first_position,
                                const Hash256& parent, const Hash256& fingerprint,
                                std::span<const int32_t> wanted_ids);

}  // namespace kvasir::engine
