#pragma once

#include "engine/base/result.h"
#include "engine/gguf/gguf_file.h"
#include "engine/model/model_config.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace kvasir::engine {

/// One block's tensors, shapes in GGUF's order {row length, rows, matrices}. A view that is not
/// `present()` does not exist in this model.
struct LayerWeights {
  TensorView attn_norm;       ///< {hidden}
  TensorView attn_q;          ///< {hidden, heads·qk_head}; only without q_lora
  TensorView attn_q_a;        ///< {hidden, q_lora}
  TensorView attn_q_a_norm;   ///< {q_lora}
  TensorView attn_q_b;        ///< {q_lora, heads·qk_head}
  TensorView attn_kv_a_mqa;   ///< {hidden, kv_lora + rope}
  TensorView attn_kv_a_norm;  ///< {kv_lora}
  TensorView attn_k_b;        ///< {nope, kv_lora, heads}
  TensorView attn_v_b;        ///< {kv_lora, v_head, heads}
  TensorView attn_output;     ///< {heads·v_head, hidden}
  TensorView ffn_norm;        ///< {hidden}

  TensorView ffn_gate;  ///< {hidden, intermediate}; dense blocks
  TensorView ffn_up;    ///< {hidden, intermediate}
  TensorView ffn_down;  ///< {intermediate, hidden}

  TensorView ffn_gate_inp;    ///< {hidden, experts}, F32: the router
  TensorView exp_probs_b;     ///< {experts}, F32: the bias of selection
  TensorView ffn_gate_exps;   ///< {hidden, moe_intermediate, experts}
  TensorView ffn_up_exps;     ///< {hidden, moe_intermediate, experts}
  TensorView ffn_down_exps;   ///< {moe_intermediate, hidden, experts}
  TensorView ffn_gate_shexp;  ///< {hidden, shared·moe_intermediate}
  TensorView ffn_up_shexp;    ///< {hidden, shared·moe_intermediate}
  TensorView ffn_down_shexp;  ///< {shared·moe_intermediate, hidden}
};

/// All tensors of a model, each checked against the shape that the config demands and against the types that
/// can be dequantised (see `can_dequantize`). Norms, routers and biases are always F32. Views point into the
/// file's mapping, with gaps between their matrices where the file fuses two tensors (`attn_v_b` out of
/// `attn_kv_b`, the experts' gate and up out of `ffn_gate_up_exps`). Norms, routers and biases that had to be
/// widened, and the keys' part of an `attn_kv_b`, which is transposed, live in `owned`; the latter is F16
/// where the file is quantised, else of the file's type.
struct ModelWeights {
  TensorView token_embd;   ///< {hidden, vocab}
  TensorView output_norm;  ///< {hidden}
  TensorView output;       ///< {hidden, vocab}; token_embd where the file ties them
  std::vector<LayerWeights> layers;
  std::vector<std::unique_ptr<std::byte[]>> owned;

  /// `file` must outlive the views. BadFile where a tensor is missing or has another shape than `config`
  /// demands; Unsupported for types beyond those above. Rows of `attn_kv_b` {kv_lora, heads·(nope + v_head)}
  /// are, for one head after another, nope rows of keys and v_head rows of values (DeepSeek-V2's
  /// `kv_b_proj`); those of `ffn_gate_up_exps` {hidden, 2·moe_intermediate, experts}, for one expert after
  /// another, the gate's and then the other's. Where a file holds a tensor both ways, the parts are taken.
  static Result<ModelWeights> bind(const GgufFile& file, const ModelConfig& config);
};

}  // namespace kvasir::engine
