#pragma once

#include "tests/support/gguf_writer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::test {

/// A `deepseek2` model of a few kilobytes with made-up F32 weights: block 0 dense, block 1 with experts, and
/// the split projections of keys and values that new files have. Tests change the writer before they build.
struct TinyModel {
  static constexpr uint32_t kHidden = 64, kVocab = 24, kLayers = 2, kDenseLayers = 1, kHeads = 2;
  static constexpr uint32_t kKvLora = 32, kNope = 6, kRope = 4, kValue = 5;
  static constexpr uint32_t kIntermediate = 96, kMoeIntermediate = 32, kExperts = 8, kExpertsUsed = 2,
                            kShared = 1;

  static GgufWriter writer() {
    GgufWriter w;
    w.set_string("general.architecture", "deepseek2").set_string("general.name", "Tiny");
    const auto key = [](std::string_view name) { return "deepseek2." + std::string(name); };
    w.set_uint(key("block_count"), kLayers).set_uint(key("context_length"), 128);
    w.set_uint(key("embedding_length"), kHidden).set_uint(key("feed_forward_length"), kIntermediate);
    w.set_uint(key("vocab_size"), kVocab).set_uint(key("leading_dense_block_count"), kDenseLayers);
    w.set_uint(key("attention.head_count"), kHeads).set_uint(key("attention.kv_lora_rank"), kKvLora);
    w.set_uint(key("attention.key_length"), kKvLora + kRope).set_uint(key("attention.value_length"), kKvLora);
    w.set_uint(key("attention.key_length_mla"), kNope + kRope);
    w.set_uint(key("attention.value_length_mla"), kValue);
    w.set_uint(key("rope.dimension_count"), kRope).set_float(key("rope.freq_base"), 10000.0f);
    w.set_float(key("attention.layer_norm_rms_epsilon"), 1e-6f);
    w.set_uint(key("expert_count"), kExperts).set_uint(key("expert_used_count"), kExpertsUsed);
    w.set_uint(key("expert_feed_forward_length"), kMoeIntermediate)
        .set_uint(key("expert_shared_count"), kShared);

    add(w, "token_embd.weight", {kHidden, kVocab});
    add(w, "output_norm.weight", {kHidden});
    add(w, "output.weight", {kHidden, kVocab});
    for (uint32_t layer = 0; layer < kLayers; ++layer) add_block(w, layer);
    return w;
  }

  /// An old file: one `attn_kv_b` {kv_lora, heads·(nope + value)}, `key_length` of a head, no `_mla` keys.
  static GgufWriter old_writer() {
    GgufWriter w = writer();
    w.remove("deepseek2.attention.key_length_mla").remove("deepseek2.attention.value_length_mla");
    w.set_uint("deepseek2.attention.key_length", kNope + kRope);
    w.set_uint("deepseek2.attention.value_length", kValue);
    for (uint32_t layer = 0; layer < kLayers; ++layer) {
      const std::string prefix = "blk." + std::to_string(layer) + ".";
      w.remove_tensor(prefix + "attn_k_b.weight").remove_tensor(prefix + "attn_v_b.weight");
      add(w, prefix + "attn_kv_b.weight", {kKvLora, uint64_t{kHeads} * (kNope + kValue)});
    }
    return w;
  }

  /// Adds an F32 tensor whose values tell every element from its neighbours; multiples of 1/4 that F16 and
  /// BF16 hold exactly.
  static void add(GgufWriter& w, std::string_view name, const std::vector<uint64_t>& shape) {
    size_t count = 1;
    for (const uint64_t dimension : shape) count *= static_cast<size_t>(dimension);
    std::vector<float> values(count);
    for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 37 % 127) * 0.25f - 16.0f;
    w.add_tensor(name, DType::F32, shape, bytes_of(values));
  }

 private:
  static void add_block(GgufWriter& w, uint32_t layer) {
    const auto tensor = [&](std::string_view name, const std::vector<uint64_t>& shape) {
      add(w, "blk." + std::to_string(layer) + "." + std::string(name), shape);
    };
    tensor("attn_norm.weight", {kHidden});
    tensor("attn_q.weight", {kHidden, kHeads * (kNope + kRope)});
    tensor("attn_kv_a_mqa.weight", {kHidden, kKvLora + kRope});
    tensor("attn_kv_a_norm.weight", {kKvLora});
    tensor("attn_k_b.weight", {kNope, kKvLora, kHeads});
    tensor("attn_v_b.weight", {kKvLora, kValue, kHeads});
    tensor("attn_output.weight", {kHeads * kValue, kHidden});
    tensor("ffn_norm.weight", {kHidden});
    if (layer < kDenseLayers) {
      tensor("ffn_gate.weight", {kHidden, kIntermediate});
      tensor("ffn_up.weight", {kHidden, kIntermediate});
      tensor("ffn_down.weight", {kIntermediate, kHidden});
      return;
    }
    tensor("ffn_gate_inp.weight", {kHidden, kExperts});
    tensor("exp_probs_b.bias", {kExperts});
    tensor("ffn_gate_exps.weight", {kHidden, kMoeIntermediate, kExperts});
    tensor("ffn_up_exps.weight", {kHidden, kMoeIntermediate, kExperts});
    tensor("ffn_down_exps.weight", {kMoeIntermediate, kHidden, kExperts});
    tensor("ffn_gate_shexp.weight", {kHidden, kShared * kMoeIntermediate});
    tensor("ffn_up_shexp.weight", {kHidden, kShared * kMoeIntermediate});
    tensor("ffn_down_shexp.weight", {kShared * kMoeIntermediate, kHidden});
  }
};

}  // namespace kvasir::test
