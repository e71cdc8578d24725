#pragma once

#include "engine/cuda/kernels/workspace.h"
#include "engine/cuda/stream.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cuda {

/// How experts are chosen; the fields of `ModelConfig` with these names.
struct RouterShape {
  uint32_t n_routed_experts = 0;
  uint32_t num_experts_per_tok = 0;
  uint32_t n_group = 1;
  uint32_t topk_group = 1;
  bool sigmoid = false;  ///< else softmax
  bool norm_topk_prob = false;
  float routed_scaling_factor = 1.0f;
};

/// Scores in · routerᵀ in float32 and chooses experts as `MoeRouter` does: valid and distinct ones whatever
/// the logits are, by falling selection score, equal scores by rising id.
struct Route {
  int32_t* experts = nullptr;     ///< {tokens, num_experts_per_tok}
  float* weights = nullptr;       ///< {tokens, num_experts_per_tok}
  const float* router = nullptr;  ///< {n_routed_experts, hidden}
  const float* bias = nullptr;    ///< {n_routed_experts} or null
  const float* in = nullptr;      ///< {tokens, hidden}
  size_t in_stride = 0;
  uint32_t hidden = 0;
  uint32_t tokens = 0;
  /// {1} in device memory, 0 between calls and left so; with it one token takes one launch. A word that no
  /// other stream uses at the same time; null: two launches.
  uint32_t* blocks_done = nullptr;
  RouterShape shape;
};
void route(Stream& stream, Workspace workspace, const Route& call);
size_t route_workspace_bytes(uint32_t max_tokens, uint32_t experts);

}  // namespace kvasir::engine::cuda
