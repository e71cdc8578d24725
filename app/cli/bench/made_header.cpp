#include "app/cli/bench/made_model.h"
#include "app/cli/bench/made_vocabulary.h"

#include <string>
#include <utility>

namespace kvasir::app {
namespace {

using engine::DType;
using engine::GgufHeader;

std::string key(std::string_view name) {
  return "deepseek2." + std::string(name);
}

void add_attention_keys(const MadeModel& model, GgufHeader& header) {
  const ModelShape& s = model.shape;
  header.set_uint(key("attention.head_count"), s.heads);
  header.set_uint(key("attention.head_count_kv"), model.old_kv_b ? s.heads : 1);
  header.set_float(key("attention.layer_norm_rms_epsilon"), s.rms_norm_eps);
  if (s.q_lora_rank > 0) header.set_uint(key("attention.q_lora_rank"), s.q_lora_rank);
  header.set_uint(key("attention.kv_lora_rank"), s.kv_lora_rank);
  // Newer files describe the latent row as the one KV head and name the heads' own lengths beside it.
  header.set_uint(key("attention.key_length"), model.old_kv_b ? s.nope + s.rope : s.kv_lora_rank + s.rope);
  header.set_uint(key("attention.value_length"), model.old_kv_b ? s.v_head : s.kv_lora_rank);
  if (!model.old_kv_b) {
    header.set_uint(key("attention.key_length_mla"), s.nope + s.rope);
    header.set_uint(key("attention.value_length_mla"), s.v_head);
  }
  header.set_uint(key("rope.dimension_count"), s.rope);
  header.set_float(key("rope.freq_base"), s.rope_theta);
  if (s.yarn_factor <= 1) return;
  header.set_string(key("rope.scaling.type"), "yarn");
  header.set_float(key("rope.scaling.factor"), s.yarn_factor);
  header.set_uint(key("rope.scaling.original_context_length"), s.yarn_context);
  header.set_float(key("rope.scaling.yarn_log_multiplier"), s.yarn_log_multiplier);
}

void add_expert_keys(const ModelShape& s, GgufHeader& header) {
  constexpr uint32_t kSoftmax = 1, kSigmoid = 2;
  header.set_uint(key("expert_count"), s.experts);
  header.set_uint(key("expert_used_count"), s.experts_used);
  header.set_uint(key("expert_shared_count"), s.shared_experts);
  header.set_uint(key("expert_feed_forward_length"), s.moe_intermediate_size);
  header.set_uint(key("expert_gating_func"), s.sigmoid_router ? kSigmoid : kSoftmax);
  header.set_float(key("expert_weights_scale"), s.routed_scaling_factor);
  header.set_bool(key("expert_weights_norm"), s.norm_topk_prob);
  if (s.groups == 1) return;
  header.set_uint(key("expert_group_count"), s.groups);
  header.set_uint(key("expert_group_used_count"), s.groups_used);
}

void add_keys(const MadeModel& model, GgufHeader& header) {
  constexpr uint32_t kQuantizationVersion = 2;  // of ggml's block layouts
  const ModelShape& s = model.shape;
  header.set_string("general.architecture", "deepseek2");
  header.set_string("general.name", "Random weights in the shape " + std::string(s.name));
  header.set_uint("general.file_type", model.mix.file_type);
  header.set_uint("general.quantization_version", kQuantizationVersion);
  header.set_uint(key("block_count"), s.blocks);
  header.set_uint(key("context_length"), s.context);
  header.set_uint(key("embedding_length"), s.hidden_size);
  header.set_uint(key("feed_forward_length"), s.intermediate_size);
  header.set_uint(key("leading_dense_block_count"), s.dense_blocks);
  header.set_uint(key("vocab_size"), s.vocab_size);
  add_attention_keys(model, header);
  add_expert_keys(s, header);
  add_made_vocabulary(s.family, s.vocab_size, header);
}

/// Adds tensors under their full names and in the types of the mix.
class TensorList {
 public:
  TensorList(const MadeModel& model, GgufHeader& header) : model_(model), header_(header) {}

  void add_all() {
    const ModelShape& s = model_.shape;
    matrix("token_embd", {s.hidden_size, s.vocab_size});
    for (block_ = 0; block_ < s.blocks; ++block_) {
      prefix_ = "blk." + std::to_string(block_) + ".";
      add_attention();
      s.is_dense(block_) ? add_dense() : add_experts();
    }
    prefix_.clear();
    vector("output_norm.weight", {s.hidden_size});
    matrix("output", {s.hidden_size, s.vocab_size});
  }

 private:
  void add_attention() {
    const ModelShape& s = model_.shape;
    const uint64_t heads = s.heads, queries = heads * (s.nope + s.rope);
    vector("attn_norm.weight", {s.hidden_size});
    if (s.q_lora_rank == 0) {
      matrix("attn_q", {s.hidden_size, queries});
    } else {
      matrix("attn_q_a", {s.hidden_size, s.q_lora_rank});
      vector("attn_q_a_norm.weight", {s.q_lora_rank});
      matrix("attn_q_b", {s.q_lora_rank, queries});
    }
    matrix("attn_kv_a_mqa", {s.hidden_size, s.kv_lora_rank + s.rope});
    vector("attn_kv_a_norm.weight", {s.kv_lora_rank});
    if (model_.old_kv_b) {
      matrix("attn_kv_b", {s.kv_lora_rank, heads * (s.nope + s.v_head)});
    } else {
      matrix("attn_k_b", {s.nope, s.kv_lora_rank, heads});
      matrix("attn_v_b", {s.kv_lora_rank, s.v_head, heads});
    }
    matrix("attn_output", {heads * s.v_head, s.hidden_size});
    vector("ffn_norm.weight", {s.hidden_size});
  }

  void add_dense() {
    const ModelShape& s = model_.shape;
    matrix("ffn_gate", {s.hidden_size, s.intermediate_size});
    matrix("ffn_up", {s.hidden_size, s.intermediate_size});
    matrix("ffn_down", {s.intermediate_size, s.hidden_size});
  }

  void add_experts() {
    const ModelShape& s = model_.shape;
    const uint64_t hidden = s.hidden_size, width = s.moe_intermediate_size, experts = s.experts;
    const uint64_t shared = width * s.shared_experts;
    vector("ffn_gate_inp.weight", {hidden, experts});
    if (s.sigmoid_router) vector("exp_probs_b.bias", {experts});
    matrix("ffn_gate_exps", {hidden, width, experts});
    matrix("ffn_up_exps", {hidden, width, experts});
    matrix("ffn_down_exps", {width, hidden, experts});
    matrix("ffn_gate_shexp", {hidden, shared});
    matrix("ffn_up_shexp", {hidden, shared});
    matrix("ffn_down_shexp", {shared, hidden});
  }

  void matrix(std::string_view name, std::vector<uint64_t> shape) {
    const MatrixRole role{name, shape[0], shape.size() > 2, block_, model_.shape.blocks};
    header_.add_tensor(prefix_ + std::string(name) + ".weight", matrix_type(model_.mix, role),
                       std::move(shape));
  }

  /// A norm, router or bias.
  void vector(std::string_view name, std::vector<uint64_t> shape) {
    header_.add_tensor(prefix_ + std::string(name), DType::F32, std::move(shape));
  }

  const MadeModel& model_;
  GgufHeader& header_;
  uint32_t block_ = 0;
  std::string prefix_;  // "blk.7." while a block's tensors are added
};

}  // namespace

GgufHeader make_header(const MadeModel& model) {
  GgufHeader header;
  add_keys(model, header);
  TensorList(model, header).add_all();
  return header;
}

}  // namespace kvasir::app
