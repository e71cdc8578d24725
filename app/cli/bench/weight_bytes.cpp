#include "app/cli/bench/weight_bytes.h"

namespace kvasir::app {
namespace {

/// Without the gaps that a view into a larger tensor has; 0 where there is none.
double bytes_of(const engine::TensorView& tensor) {
  return tensor.present() ? static_cast<double>(tensor.matrix_bytes() * tensor.matrices()) : 0;
}

}  // namespace

double weight_bytes_per_token(const engine::ModelWeights& weights, const engine::ModelConfig& config) {
  const double used_experts =
      config.n_routed_experts == 0 ? 0 : double{1} * config.num_experts_per_tok / config.n_routed_experts;
  double bytes = bytes_of(weights.output_norm) + bytes_of(weights.output) +
                 static_cast<double>(weights.token_embd.row_stride_bytes());
  for (const engine::LayerWeights& layer : weights.layers) {
    for (const engine::TensorView* tensor :
         {&layer.attn_norm, &layer.attn_q, &layer.attn_q_a, &layer.attn_q_a_norm, &layer.attn_q_b,
          &layer.attn_kv_a_mqa, &layer.attn_kv_a_norm, &layer.attn_k_b, &layer.attn_v_b, &layer.attn_output,
          &layer.ffn_norm, &layer.ffn_gate, &layer.ffn_up, &layer.ffn_down, &layer.ffn_gate_inp,
          &layer.exp_probs_b, &layer.ffn_gate_shexp, &layer.ffn_up_shexp, &layer.ffn_down_shexp})
      bytes += bytes_of(*tensor);
    for (const engine::TensorView* experts : {&layer.ffn_gate_exps, &layer.ffn_up_exps, &layer.ffn_down_exps})
      bytes += used_experts * bytes_of(*experts);
  }
  return bytes;
}

}  // namespace kvasir::app
