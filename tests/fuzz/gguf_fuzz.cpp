#include "engine/gguf/convert.h"
#include "engine/gguf/gguf_file.h"
#include "engine/model/model_weights.h"
#include "tests/fuzz/split_input.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace kvasir::engine;

namespace {

/// Reads the first and the last row of a weight: the sanitizers check that they lie where the view says.
void read_corners(const TensorView& weight) {
  if (!weight.present()) return;
  std::vector<float> row(weight.cols());
  dequantize_row(weight.dtype, weight.row(0, 0), row.data(), row.size());
  dequantize_row(weight.dtype, weight.row(weight.matrices() - 1, weight.rows() - 1), row.data(), row.size());
}

void read_corners(const ModelWeights& weights) {
  for (const TensorView* weight : {&weights.token_embd, &weights.output_norm, &weights.output})
    read_corners(*weight);
  for (const LayerWeights& l : weights.layers)
    for (const TensorView* weight :
         {&l.attn_norm,     &l.attn_q,         &l.attn_q_a,    &l.attn_q_a_norm, &l.attn_q_b,
          &l.attn_kv_a_mqa, &l.attn_kv_a_norm, &l.attn_k_b,    &l.attn_v_b,      &l.attn_output,
          &l.ffn_norm,      &l.ffn_gate,       &l.ffn_up,      &l.ffn_down,      &l.ffn_gate_inp,
          &l.exp_probs_b,   &l.ffn_gate_exps,  &l.ffn_up_exps, &l.ffn_down_exps, &l.ffn_gate_shexp,
          &l.ffn_up_shexp,  &l.ffn_down_shexp})
      read_corners(*weight);
}

}  // namespace

/// Any bytes may be opened, joined, configured and bound: errors are fine, crashes and sanitizer reports are
/// not.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto files = kvasir::test::split_input(std::as_bytes(std::span(data, size)));
  const auto file = GgufFile::from_parts(std::move(files), "fuzz-00001-of-00003.gguf");
  if (!file) return 0;
  file->get_strings("tokenizer.ggml.tokens");
  file->get_ints("tokenizer.ggml.token_type");
  const auto config = ModelConfig::from_gguf(*file);
  if (!config) return 0;
  if (const auto weights = ModelWeights::bind(*file, *config)) read_corners(*weights);
  return 0;
}
