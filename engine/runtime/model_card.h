#pragma once

#include "engine/base/result.h"
#include "engine/gguf/dtype.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/model_config.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kvasir::engine {

/// What a model file says of itself, and what follows from it: enough to decide whether to load it.
struct ModelCard {
  /// How many bytes of the weights have a type.
  struct TypeShare {
    DType type;
    uint64_t bytes;
  };

  std::filesystem::path path;
  ModelConfig config;
  uint64_t parameters = 0;
  /// Those that one token is multiplied with: of the routed experts only the chosen ones, and not the
  /// embedding table, of which it is one row.
  uint64_t active_parameters = 0;
  std::vector<TypeShare> weight_types;  ///< most bytes first
  uint64_t weight_bytes = 0;
  uint64_t file_bytes = 0;  ///< of all parts of a split file
  std::string licence;      ///< as the file names it, often an SPDX id; may be empty

  /// "Q4_K", or "Q4_K, Q6_K" where others have a share of the bytes worth naming.
  std::string quantisation() const;
  uint64_t kv_bytes_per_token(KvType type) const;
};

/// Reads a file's header; the weights themselves stay on the disk.
///
/// Errors say why it can't be loaded: those of `GgufFile` and `ModelConfig`, and Unsupported for weights of
/// a type that can't be computed with. What only the weights' shapes or the vocabulary would show is found
/// when the model is loaded.
Result<ModelCard> read_model_card(const std::filesystem::path& path);

/// What a loaded model holds on this machine once its context is full, in bytes. About right: the kernels'
/// own buffers and the vocabulary are left out.
struct MemoryEstimate {
  uint64_t weight_bytes = 0;
  uint64_t expansion_bytes = 0;  ///< the keys' and values' up-projections once more, for long prompts
  uint64_t scratch_bytes = 0;    ///< activations of the largest batch
  uint64_t kv_bytes = 0;

  /// Whatever the context.
  uint64_t fixed_bytes() const { return weight_bytes + expansion_bytes + scratch_bytes; }
  uint64_t total_bytes() const { return fixed_bytes() + kv_bytes; }
};

MemoryEstimate memory_estimate(const ModelCard& card, uint32_t context_tokens, KvType type);

}  // namespace kvasir::engine
