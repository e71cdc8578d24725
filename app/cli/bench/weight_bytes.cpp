#include "app/cli/bench/weight_bytes.h"

namespace kvasir::app {
namespace {

/// Without the gaps that a view into a larger tensor has.
double bytes_of(const engine::TensorView& tensor) {
  return static_cast<double>(tensor.matrix_bytes() * tensor.matrices());
}

/// Calls visit(tensor, routed) for each weight that is there but the embedding.
template <class Visit>
void for_each_weight(const engine::ModelWeights& weights, const Visit& visit) {
  visit(weights.output_norm, false);
  visit(weights.output, false);
  for (const engine::LayerWeights& layer : weights.layers) {
    for (const engine::TensorView* tensor :
         {&layer.attn_norm, &layer.attn_q, &layer.attn_q_a, &layer.attn_q_a_norm, &layer.attn_q_b,
          &layer.attn_kv_a_mqa, &layer.attn_kv_a_norm, &layer.attn_k_b, &layer.attn_v_b, &layer.attn_output,
          &layer.ffn_norm, &layer.ffn_gate, &layer.ffn_up, &layer.ffn_down, &layer.ffn_gate_inp,
          &layer.exp_probs_b, &layer.ffn_gate_shexp, &layer.ffn_up_shexp, &layer.ffn_down_shexp})
      if (tensor->present()) visit(*tensor, false);
    for (const engine::TensorView* experts : {&layer.ffn_gate_exps, &layer.ffn_up_exps, &layer.ffn_down_exps})
      if (experts->present()) visit(*experts, true);
  }
}

}  // namespace

double weight_bytes_per_token(const engine::ModelWeights& weights, const engine::ModelConfig& config) {
  const double used_experts =
      config.n_routed_experts == 0 ? 0 : double{1} * config.num_experts_per_tok / config.n_routed_experts;
  auto bytes = static_cast<double>(weights.token_embd.row_stride_bytes());
  for_each_weight(weights, [&](const engine::TensorView& tensor, bool routed) {
    bytes += (routed ? used_experts : 1.0) * bytes_of(tensor);
  });
  return bytes;
}

std::vector<std::span<const std::byte>> weight_regions(const engine::ModelWeights& weights) {
  std::vector<std::span<const std::byte>> regions;
  for_each_weight(weights, [&](const engine::TensorView& tensor, bool) { regions.push_back(tensor.data); });
  return regions;
}

}  // namespace kvasir::app
