#pragma once

#include "engine/base/result.h"
#include "engine/gguf/gguf_file.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/model_config.h"
#include "engine/model/model_weights.h"
#include "engine/ops/backend.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

namespace kvasir::engine {

/// What happens around the placing of each weight, in the order in which they stand in memory.
struct PlacementSteps {
  /// Before a weight is read: returns once its bytes are there. An error stops.
  std::function<Result<void>(const TensorView& weight)> before;
  /// The weight's own bytes, where they may be changed; empty where not. Asked only about bytes that no other
  /// weight shares.
  std::function<std::span<std::byte>(const TensorView& weight)> writable;
  /// After it has its home.
  std::function<void(const TensorView& weight)> placed;
  /// Nothing needs these bytes of the file any more.
  std::function<void(std::span<const std::byte> bytes)> unneeded;
};

/// A `deepseek2` network: its weights where the backend placed them, and the forward pass over them.
///
/// One thread at a time; the backend's pool works inside the calls. Each value that a token produces (its KV
/// rows and logits) is computed by the same arithmetic however many threads there are and, with F32 KV,
/// whatever else is in the batch. With F16 and Q8_0 KV there are two arithmetics, one for batches of fewer
/// than `expanded_batch_tokens` tokens and one for larger ones, which differ by rounding: attention is
/// expanded, and products may round quantised weights once more. So a prefix that is cut differently, or
/// restored from disk, continues with the same bits as long as each token's batch stays on the same side of
/// that number.
class Model {
 public:
  /// `weights` may view into a file's mapping, which must outlive the model.
  Model(ModelConfig config, ModelWeights weights, std::unique_ptr<Backend> backend);
  ~Model();

  const ModelConfig& config() const { return config_; }
  /// After `prepare` in the homes that the backend gave them.
  const ModelWeights& weights() const { return weights_; }
  KvLayout kv_layout(KvType type) const;
  /// Room for the KV of one sequence, where the backend wants it; the model must outlive it.
  Result<KvCache> make_cache(KvType type, uint32_t capacity_tokens) {
    return backend_->make_cache(kv_layout(type), capacity_tokens);
  }
  /// What computes it, and where its weights are.
  ComputeDevice device() const { return backend_->device(); }
  /// The most tokens that one `forward` takes.
  uint32_t max_batch_tokens() const { return backend_->max_batch_tokens(); }

  /// Gives the weights their homes and takes the scratch memory of the largest batch. The first `forward`
  /// does it where nobody did: call it early so that a lack of memory shows at loading. After a step's
  /// error, which it returns, the model is of no use.
  Result<void> prepare(const PlacementSteps& steps = {});

  /// Runs `tokens` behind the `cache.length()` positions that the cache holds and appends their KV.
  /// `logit_rows` are indices into `tokens`; `logits` receives {logit_rows, vocab}. At most
  /// `max_batch_tokens` tokens; ids must lie below vocab_size and the cache must have room, else BadRequest.
  /// Cancelled where `stop` is requested before the last layer: a long batch takes seconds. After an error
  /// the cache is as long as before. Where no logits are wanted the backend may still be computing when the
  /// call returns; what it computes can be relied on when a later call has succeeded.
  Result<void> forward(std::span<const int32_t> tokens, KvCache& cache, std::span<const uint32_t> logit_rows,
                       std::span<float> logits, std::stop_token stop = {});
  /// The same, but for the likeliest tokens behind the last one, in any order: {top_logits} of them.
  Result<void> forward_top(std::span<const int32_t> tokens, KvCache& cache, std::span<TokenLogit> top,
                           std::stop_token stop = {});
  /// How many of the likeliest tokens `forward_top` tells.
  static uint32_t top_logits(const ModelConfig& config) { return std::min(kTopLogits, config.vocab_size); }

  /// Batches from this size on may be computed otherwise than smaller ones: see the class.
  static uint32_t expanded_batch_tokens(const ModelConfig& config);
  /// What `prepare` takes for activations with a backend that takes so many tokens at once.
  static uint64_t scratch_bytes(const ModelConfig& config,
                                uint32_t max_batch_tokens = Backend::kMaxBatchTokens);

 private:
  /// Enough for the filters that people use; who wants more asks for all.
  static constexpr uint32_t kTopLogits = 512;
  struct Scratch;

  /// One layer's attn_k_b and attn_v_b as the file has them.
  struct KvProjections {
    TensorView k_b;
    TensorView v_b;
  };
  Result<void> place_expansions(std::span<const KvProjections> projections);
  /// `read_later`: views that are read once more after all weights have their homes.
  Result<void> place_weights(const PlacementSteps& steps, std::span<const TensorView> read_later);
  Result<void> check_request(std::span<const int32_t> tokens, const KvCache& cache,
                             std::span<const uint32_t> logit_rows, std::span<const float> logits) const;
  /// Runs a checked batch: `read_logits` computes and reads what is wanted of it, the computing only where it
  /// is told to. Batches with the same `outputs` make the same calls.
  using ReadLogits = std::function<void(bool compute)>;
  Result<void> run(std::span<const int32_t> tokens, KvCache& cache, uint32_t outputs,
                   const ReadLogits& read_logits, const std::stop_token& stop);
  Result<void> run_blocks(std::span<const int32_t> tokens, KvCache& cache, const std::stop_token& stop);
  bool is_large_batch(const KvCache& cache, uint32_t tokens) const;
  void attention_block(const LayerWeights& layer, uint32_t index, KvCache& cache, uint32_t tokens);
  void attend_absorbed(const LayerWeights& layer, uint32_t index, const KvCache& cache, uint32_t tokens);
  void feed_forward_block(const LayerWeights& layer, uint32_t index, uint32_t tokens);
  /// Computes the logits of some rows of a batch.
  Activations logits_of(std::span<const uint32_t> rows, uint32_t tokens);

  ModelConfig config_;
  ModelWeights weights_;
  std::unique_ptr<Backend> backend_;
  RopeFrequencies frequencies_;
  std::vector<KvExpansion> expansions_;  ///< one for each layer, or none at all
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace kvasir::engine
