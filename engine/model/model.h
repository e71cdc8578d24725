#pragma once

#include "engine/base/result.h"
#include "engine/gguf/gguf_file.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/model_config.h"
#include "engine/model/model_weights.h"
#include "engine/ops/backend.h"

#include <cstdint>
#include <memory>
#include <span>

namespace kvasir::engine {

/// A `deepseek2` network: its weights where the backend placed them, and the forward pass over them.
///
/// One thread at a time; the backend's pool works inside the calls. Each value that a token produces (its KV
/// rows and logits) is computed by the same arithmetic whatever else is in the batch and however many threads
/// there are: a prefix cut differently, or restored from disk, continues with the same bits.
class Model {
 public:
  /// `weights` may view into a file's mapping, which must outlive the model.
  Model(ModelConfig config, ModelWeights weights, std::unique_ptr<Backend> backend);
  ~Model();

  const ModelConfig& config() const { return config_; }
  KvLayout kv_layout(KvType type) const;

  /// Gives the weights their homes and takes the scratch memory of the largest batch. The first `forward`
  /// does it where nobody did: call it early so that a lack of memory shows at loading.
  Result<void> prepare();

  /// Runs `tokens` behind the `cache.length()` positions that the cache holds and appends their KV.
  /// `logit_rows` are indices into `tokens`; `logits` receives {logit_rows, vocab}. At most `kMaxBatchTokens`
  /// tokens; ids must lie below vocab_size and the cache must have room, else BadRequest. After an error the
  /// cache is as long as before.
  Result<void> forward(std::span<const int32_t> tokens, KvCache& cache, std::span<const uint32_t> logit_rows,
                       std::span<float> logits);

  static constexpr uint32_t kMaxBatchTokens = 256;

 private:
  struct Scratch;

  Result<void> check_request(std::span<const int32_t> tokens, const KvCache& cache,
                             std::span<const uint32_t> logit_rows, std::span<const float> logits) const;
  void attention_block(const LayerWeights& layer, uint32_t index, KvCache& cache, uint32_t tokens);
  void feed_forward_block(const LayerWeights& layer, uint32_t index, uint32_t tokens);
  void write_logits(std::span<const uint32_t> logit_rows, std::span<float> logits, uint32_t tokens);

  ModelConfig config_;
  ModelWeights weights_;
  std::unique_ptr<Backend> backend_;
  RopeFrequencies frequencies_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace kvasir::engine
