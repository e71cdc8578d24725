#pragma once

#include "tests/support/gguf_writer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kvasir::test {

/// A `deepseek2` model of two blocks, its weights all zero, as small as its type of weights allows: what
/// changes files at random changes little in large ones.
struct MicroModel {
  static constexpr uint32_t kHidden = 32, kVocab = 3, kHeads = 2, kKvLora = 32, kNope = 2, kRope = 2,
                            kValue = 32;
  static constexpr uint32_t kWidth = 32, kExperts = 2;

  /// `type` has blocks of 32 values or none.
  static GgufWriter writer(DType type, bool joined_projections, bool fused_experts) {
    GgufWriter w;
    w.set_string("general.architecture", "deepseek2");
    const auto set = [&](const std::string& key, uint32_t value) { w.set_uint("deepseek2." + key, value); };
    set("block_count", 2);
    set("context_length", 64);
    set("embedding_length", kHidden);
    set("feed_forward_length", kWidth);
    set("leading_dense_block_count", 1);
    set("attention.head_count", kHeads);
    set("attention.kv_lora_rank", kKvLora);
    set("attention.key_length", joined_projections ? kNope + kRope : kKvLora + kRope);
    set("attention.value_length", joined_projections ? kValue : kKvLora);
    if (!joined_projections) {
      set("attention.key_length_mla", kNope + kRope);
      set("attention.value_length_mla", kValue);
    }
    set("rope.dimension_count", kRope);
    set("expert_count", kExperts);
    set("expert_used_count", 1);
    set("expert_feed_forward_length", kWidth);
    set("expert_shared_count", 1);

    add(w, "token_embd.weight", type, {kHidden, kVocab});
    add(w, "output_norm.weight", DType::F32, {kHidden});
    for (const std::string block : {"blk.0.", "blk.1."}) {
      add(w, block + "attn_norm.weight", DType::F32, {kHidden});
      add(w, block + "attn_q.weight", type, {kHidden, kHeads * (kNope + kRope)});
      add(w, block + "attn_kv_a_mqa.weight", type, {kHidden, kKvLora + kRope});
      add(w, block + "attn_kv_a_norm.weight", DType::F32, {kKvLora});
      if (joined_projections) {
        add(w, block + "attn_kv_b.weight", type, {kKvLora, kHeads * (kNope + kValue)});
      } else {
        add(w, block + "attn_k_b.weight", DType::F16, {kNope, kKvLora, kHeads});
        add(w, block + "attn_v_b.weight", type, {kKvLora, kValue, kHeads});
      }
      add(w, block + "attn_output.weight", type, {kHeads * kValue, kHidden});
      add(w, block + "ffn_norm.weight", DType::F32, {kHidden});
    }
    for (const char* name :
         {"blk.0.ffn_gate.weight", "blk.0.ffn_up.weight", "blk.0.ffn_down.weight",
          "blk.1.ffn_gate_shexp.weight", "blk.1.ffn_up_shexp.weight", "blk.1.ffn_down_shexp.weight"})
      add(w, name, type, {kHidden, kWidth});
    add(w, "blk.1.ffn_gate_inp.weight", DType::F16, {kHidden, kExperts});
    if (fused_experts) {
      add(w, "blk.1.ffn_gate_up_exps.weight", type, {kHidden, 2 * kWidth, kExperts});
    } else {
      add(w, "blk.1.ffn_gate_exps.weight", type, {kHidden, kWidth, kExperts});
      add(w, "blk.1.ffn_up_exps.weight", type, {kHidden, kWidth, kExperts});
    }
    add(w, "blk.1.ffn_down_exps.weight", type, {kWidth, kHidden, kExperts});
    return w;
  }

 private:
  static void add(GgufWriter& w, const std::string& name, DType type, const std::vector<uint64_t>& shape) {
    uint64_t rows = 1;
    for (size_t i = 1; i < shape.size(); ++i) rows *= shape[i];
    w.add_tensor(name, type, shape, std::vector<std::byte>(engine::row_bytes(type, shape[0]) * rows));
  }
};

}  // namespace kvasir::test
