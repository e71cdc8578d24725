#pragma once

#include "engine/base/result.h"
#include "engine/gguf/gguf_file.h"

#include <cstdint>
#include <optional>
#include <string>

namespace kvasir::engine {

enum class ScoringFunc { Softmax, Sigmoid };

/// YaRN (Peng et al. 2023, arXiv:2309.00071) as DeepSeek applies it.
struct YarnConfig {
  float factor = 1.0f;
  uint32_t original_max_position_embeddings = 0;
  float beta_fast = 32.0f;
  float beta_slow = 1.0f;
  /// The file's `yarn_log_multiplier` (0.1 × DeepSeek's `mscale_all_dim`).
  float log_multiplier = 0.0f;
};

/// The dimensions of a `deepseek2` model under the names that DeepSeek published. Every repair of old, new
/// or odd files happens in `from_gguf`; what leaves it is consistent, and every dimension is within bounds.
struct ModelConfig {
  std::string architecture;
  std::string name;  ///< general.name, or the file's stem where that is missing

  uint32_t vocab_size = 0;
  uint32_t max_position_embeddings = 0;  ///< the context length that the file names
  uint32_t hidden_size = 0;
  uint32_t num_hidden_layers = 0;
  uint32_t first_k_dense_replace = 0;  ///< leading blocks with a dense feed-forward
  float rms_norm_eps = 1e-6f;

  uint32_t num_attention_heads = 0;
  uint32_t q_lora_rank = 0;  ///< 0: queries are projected in one step
  uint32_t kv_lora_rank = 0;
  uint32_t qk_nope_head_dim = 0;
  uint32_t qk_rope_head_dim = 0;
  uint32_t v_head_dim = 0;
  float rope_theta = 10000.0f;
  std::optional<YarnConfig> yarn;

  uint32_t intermediate_size = 0;
  uint32_t moe_intermediate_size = 0;
  uint32_t n_routed_experts = 0;
  uint32_t num_experts_per_tok = 0;
  uint32_t n_shared_experts = 0;
  ScoringFunc scoring_func = ScoringFunc::Softmax;
  uint32_t n_group = 1;
  uint32_t topk_group = 1;
  bool norm_topk_prob = false;
  float routed_scaling_factor = 1.0f;

  uint32_t qk_head_dim() const { return qk_nope_head_dim + qk_rope_head_dim; }
  /// Values that one token adds to a layer's latent KV cache.
  uint32_t kv_width() const { return kv_lora_rank + qk_rope_head_dim; }
  bool is_dense(uint32_t layer) const { return layer < first_k_dense_replace; }
  /// The factor on attention logits: (1 + 0.1·L·ln factor)² / √qk_head_dim with L = log_multiplier / 0.1
  /// under YaRN, else 1 / √qk_head_dim.
  float softmax_scale() const;

  /// Unsupported for another architecture, a mere vocabulary, or ways of routing and context scaling that are
  /// not known here; BadFile for keys that are missing, of the wrong type or out of
  /// bounds.
  static Result<ModelConfig> from_gguf(const GgufFile& file);
};

}  // namespace kvasir::engine
