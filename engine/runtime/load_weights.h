#pragma once

#include "engine/gguf/gguf_file.h"
#include "engine/kv/block_hash.h"
#include "engine/model/model.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace kvasir::engine {

struct LoadWeightsOptions {
  /// Whether the file's content hash is wanted.
  bool hash = false;
  /// For weights that exceed the memory: they stay in the mapping and are read from it at each use.
  bool keep_in_file = false;
  /// Called again and again with what has been done, never with less than before; false stops.
  std::function<bool(uint64_t done_bytes, uint64_t all_bytes)> on_progress = {};
};

/// Prepares a model whose weights are bound to `file`: reads them into memory and gives them their homes
/// while the rest is being read and hashed. The content hash where it was wanted. Cancelled where
/// `on_progress` said so; Io or BadFile where the file can't be read to its end. After an error neither is of
/// use.
Result<std::optional<Hash256>> load_weights(GgufFile& file, Model& model, const LoadWeightsOptions& options);

}  // namespace kvasir::engine
