#include "app/cli/bench/model_shape.h"

namespace kvasir::app {
namespace {

constexpr ModelShape kShapes[] = {
    {.name = "v2-lite",
     .about = "DeepSeek-V2-Lite, whole (10.4 GB as Q4_K_M)",
     .family = Family::DeepSeekV2,
     .vocab_size = 102400,
     .context = 163840,
     .hidden_size = 2048,
     .blocks = 27,
     .heads = 16,
     .yarn_factor = 40,
     .yarn_context = 4096,
     .yarn_log_multiplier = 0.0707f,
     .intermediate_size = 10944,
     .moe_intermediate_size = 1408,
     .experts = 64,
     .experts_used = 6,
     .shared_experts = 2,
     .sigmoid_router = false,
     .norm_topk_prob = false},
    {.name = "glm-4.7-flash",
     .about = "GLM-4.7-Flash, whole (18 GB as Q4_K_M)",
     .family = Family::Glm,
     .vocab_size = 154880,
     .context = 202752,
     .hidden_size = 2048,
     .blocks = 47,
     .rms_norm_eps = 1e-5f,
     .heads = 20,
     .q_lora_rank = 768,
     .nope = 192,
     .v_head = 256,
     .rope_theta = 1e6f,
     .intermediate_size = 10240,
     .moe_intermediate_size = 1536,
     .experts = 64,
     .experts_used = 4,
     .routed_scaling_factor = 1.8f},
    {.name = "v3-slice",
     .about = "DeepSeek-V3's blocks: one dense and two with 160 of its 256 experts (10.4 GB as Q4_K_M)",
     .vocab_size = 129280,
     .context = 163840,
     .hidden_size = 7168,
     .blocks = 3,
     .heads = 128,
     .q_lora_rank = 1536,
     .yarn_factor = 40,
     .yarn_context = 4096,
     .yarn_log_multiplier = 0.1f,
     .intermediate_size = 18432,
     .moe_intermediate_size = 2048,
     .experts = 160,
     .experts_used = 8,
     .groups = 8,
     .groups_used = 4,
     .routed_scaling_factor = 2.5f},
    {.name = "micro",
     .about = "DeepSeek-V3's kind in four narrow blocks with a latent KV of full width, for tests and long "
              "contexts",
     .vocab_size = 4096,
     .context = 131072,
     .hidden_size = 512,
     .blocks = 4,
     .heads = 2,
     .q_lora_rank = 128,
     .nope = 64,
     .v_head = 64,
     .intermediate_size = 768,
     .moe_intermediate_size = 160,
     .experts = 16,
     .experts_used = 4,
     .groups = 4,
     .groups_used = 2,
     .routed_scaling_factor = 2.5f},
};

}  // namespace

std::span<const ModelShape> model_shapes() {
  return kShapes;
}

std::optional<ModelShape> find_model_shape(std::string_view name) {
  for (const ModelShape& shape : kShapes)
    if (shape.name == name) return shape;
  return std::nullopt;
}

}  // namespace kvasir::app
