#pragma once

#include "app/cli/bench/model_shape.h"
#include "app/cli/bench/type_mix.h"
#include "engine/gguf/gguf_header.h"
#include "storage/fs/file_system.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace kvasir::app {

/// A `deepseek2` model with random weights: of a published shape, to be measured, never to be talked with.
/// Weights have zero mean and a standard deviation of 1 / √(row length), norms are about 1, so that
/// activations keep their size through the blocks and logits are finite; routers spread tokens over all
/// experts.
struct MadeModel {
  ModelShape shape;
  TypeMix mix;
  uint64_t seed = 1;
  bool old_kv_b = false;  ///< one `attn_kv_b` in each block, as older files have
};

/// Metadata and the list of tensors.
engine::GgufHeader make_header(const MadeModel& model);

/// Told the bytes written so far and the bytes in all; false stops the writing.
using MakeProgress = std::function<bool(uint64_t, uint64_t)>;

/// Writes the model to `path`, where nothing may stand yet, with `threads` threads and some megabytes of
/// memory. The same model has the same bytes on every machine. The header is written last: what a crash
/// leaves is no GGUF file. After an error, a full disk among them, nothing is left. Returns the file's size.
storage::Result<uint64_t> write_made_model(const MadeModel& model, storage::FileSystem& file_system,
                                           const std::filesystem::path& path, unsigned threads,
                                           const MakeProgress& progress);

}  // namespace kvasir::app
