#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace kvasir::app {

/// How a family writes text: its pre-tokenizer, special tokens and chat template.
enum class Family { DeepSeekV2, DeepSeekV3, Glm };

/// The dimensions of a `deepseek2` model that can be made, under the names that its makers published.
struct ModelShape {
  std::string_view name;
  std::string_view about;
  Family family = Family::DeepSeekV3;

  uint32_t vocab_size = 0;
  uint32_t context = 0;
  uint32_t hidden_size = 0;
  uint32_t blocks = 0;
  uint32_t dense_blocks = 1;
  float rms_norm_eps = 1e-6f;

  uint32_t heads = 0;
  uint32_t q_lora_rank = 0;  ///< 0: queries are projected in one step
  uint32_t kv_lora_rank = 512;
  uint32_t nope = 128;
  uint32_t rope = 64;
  uint32_t v_head = 128;
  float rope_theta = 10000.0f;
  float yarn_factor = 1.0f;  ///< 1: no YaRN
  uint32_t yarn_context = 0;
  float yarn_log_multiplier = 0.0f;

  uint32_t intermediate_size = 0;
  uint32_t moe_intermediate_size = 0;
  uint32_t experts = 0;
  uint32_t experts_used = 0;
  uint32_t shared_experts = 1;
  uint32_t groups = 1;
  uint32_t groups_used = 1;
  bool sigmoid_router = true;  ///< with a bias of selection; else softmax without
  bool norm_topk_prob = true;
  float routed_scaling_factor = 1.0f;

  bool is_dense(uint32_t block) const { return block < dense_blocks; }
};

std::span<const ModelShape> model_shapes();
std::optional<ModelShape> find_model_shape(std::string_view name);

}  // namespace kvasir::app
