#pragma once

#include "engine/kv/sha256.h"
#include "engine/model/model.h"
#include "engine/runtime/model_reader.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace kvasir::engine {

/// Called again and again with what has been done, never with less than before; false stops.
using OnLoadProgress = std::function<bool(uint64_t done_bytes, uint64_t all_bytes)>;

/// Prepares a model whose weights are bound to the file that `reader` reads: gives them their homes while the
/// rest is being read and hashed. The content hash where the reader makes it. Cancelled where `on_progress`
/// said so; Io or BadFile where the file can't be read to its end. After an error the model is of no use.
Result<std::optional<Hash256>> load_weights(ModelReader& reader, Model& model,
                                            const OnLoadProgress& on_progress = {});

}  // namespace kvasir::engine
