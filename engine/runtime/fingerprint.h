#pragma once

#include "engine/gguf/gguf_file.h"
#include "engine/kv/block_hash.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/model_config.h"

namespace kvasir::engine {

/// Identifies a model by its content: the `content_hash` of its file, or for a split model a hash of those of
/// its parts.
Hash256 hash_model(const GgufFile& file, unsigned threads);

/// Identifies KV that one run may take over from another: weights, rotation, normalisation, KV type and
/// layout, and the epoch of the kernels. The context length is not part of it: a longer context reads the
/// same KV.
Hash256 kv_fingerprint(const Hash256& model_content_hash, const ModelConfig& config, const KvLayout& layout);

}  // namespace kvasir::engine
