#pragma once

#include "engine/gguf/convert.h"
#include "engine/model/model_weights.h"

#include <vector>

namespace kvasir::test {

/// Decodes the first and the last row of a weight: the sanitizers check that they lie where the view says.
inline void read_corners(const engine::TensorView& weight) {
  if (!weight.present()) return;
  std::vector<float> row(weight.cols());
  engine::dequantize_row(weight.dtype, weight.row(0, 0), row.data(), row.size());
  engine::dequantize_row(weight.dtype, weight.row(weight.matrices() - 1, weight.rows() - 1), row.data(),
                         row.size());
}

inline void read_corners(const engine::ModelWeights& weights) {
  for (const engine::TensorView* weight : {&weights.token_embd, &weights.output_norm, &weights.output})
    read_corners(*weight);
  for (const engine::LayerWeights& l : weights.layers)
    for (const engine::TensorView* weight :
         {&l.attn_norm,     &l.attn_q,         &l.attn_q_a,    &l.attn_q_a_norm, &l.attn_q_b,
          &l.attn_kv_a_mqa, &l.attn_kv_a_norm, &l.attn_k_b,    &l.attn_v_b,      &l.attn_output,
          &l.ffn_norm,      &l.ffn_gate,       &l.ffn_up,      &l.ffn_down,      &l.ffn_gate_inp,
          &l.exp_probs_b,   &l.ffn_gate_exps,  &l.ffn_up_exps, &l.ffn_down_exps, &l.ffn_gate_shexp,
          &l.ffn_up_shexp,  &l.ffn_down_shexp})
      read_corners(*weight);
}

}  // namespace kvasir::test
