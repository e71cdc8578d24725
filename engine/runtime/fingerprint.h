#pragma once

#include "engine/kv/block_hash.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/model_config.h"

#include <span>

namespace kvasir::engine {

/// Identifies a model by its content: the content hash of its file, or for a split model a hash of those of
/// its parts, in order.
Hash256 hash_of_parts(std::span<const Hash256> parts);

/// Identifies KV that one run may take over from another: weights, rotation, normalisation, KV type and
/// layout, and the epoch of the kernels. The context length is not part of it: a longer context reads the
/// same KV.
Hash256 kv_fingerprint(const Hash256& model_content_hash, const ModelConfig& config, const KvLayout& layout);

}  // namespace kvasir::engine
