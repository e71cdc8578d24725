#include "engine/gguf/gguf_file.h"
#include "engine/model/model_weights.h"
#include "tests/engine/tokenizer/small_vocabulary.h"
#include "tests/fuzz/split_input.h"
#include "tests/support/split_model.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

using namespace kvasir::test;
using kvasir::engine::GgufFile;
using kvasir::engine::ModelConfig;
using kvasir::engine::ModelWeights;
using kvasir::engine::row_bytes;

namespace {

constexpr uint32_t kHidden = 32, kVocab = 3, kHeads = 2, kKvLora = 32, kNope = 2, kRope = 2, kValue = 32;
constexpr uint32_t kWidth = 32, kExperts = 2;

void add(GgufWriter& w, const std::string& name, DType type, const std::vector<uint64_t>& shape) {
  uint64_t rows = 1;
  for (size_t i = 1; i < shape.size(); ++i) rows *= shape[i];
  w.add_tensor(name, type, shape, std::vector<std::byte>(row_bytes(type, shape[0]) * rows));
}

/// A `deepseek2` model of two blocks that is as small as its type of weights allows: fuzzers change little in
/// large files.
GgufWriter micro_model(DType type, bool joined_projections, bool fused_experts) {
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

std::vector<std::byte> several_files(const std::vector<GgufWriter>& parts) {
  ByteWriter out;
  out.put_bytes(std::as_bytes(std::span(kSeveralFiles)));
  for (const GgufWriter& part : parts) {
    const auto bytes = part.build();
    out.put(static_cast<uint32_t>(bytes.size())).put_bytes(bytes);
  }
  return out.bytes();
}

/// A seed that does not bind would lead fuzzers nowhere.
void write_model(const std::string& path, const std::vector<GgufWriter>& parts) {
  std::vector<std::vector<std::byte>> files;
  for (const GgufWriter& part : parts) files.push_back(part.build());
  const auto file = GgufFile::from_parts(std::move(files), "seed-00001-of-00003.gguf");
  const auto config = file.and_then(ModelConfig::from_gguf);
  const auto weights = config.and_then([&](const auto& c) { return ModelWeights::bind(*file, c); });
  if (!weights) throw std::runtime_error(weights.error().message);
  write_bytes(path, parts.size() == 1 ? parts.front().build() : several_files(parts));
}

void write_gguf_seeds(const std::string& folder) {
  std::filesystem::create_directories(folder);
  for (const DType type : {DType::Q4_0, DType::Q8_0, DType::MXFP4}) {
    const auto name = folder + "/" + std::string(kvasir::engine::dtype_name(type));
    write_model(name + ".gguf", {micro_model(type, false, false)});
    write_model(name + "-joined-fused.gguf", {micro_model(type, true, true)});
  }
  write_model(folder + "/split.parts", split_model(micro_model(DType::Q4_0, true, false), 3));
  write_bytes(folder + "/vocabulary.gguf", SmallVocabulary().writer().build());
}

void write_tokenizer_seeds(const std::string& folder) {
  std::filesystem::create_directories(folder);
  write_bytes(folder + "/vocabulary.gguf", SmallVocabulary().writer().build());
  std::ifstream file(KVASIR_GOLDEN_DIR "/deepseek-v3-tokens.json");
  const auto golden = nlohmann::json::parse(file);
  size_t number = 0;
  for (const auto& item : golden["cases"]) {
    const auto text = item["text"].get<std::string>();
    write_bytes(folder + "/text-" + std::to_string(number++), std::as_bytes(std::span(text)));
  }
}

}  // namespace

/// fuzz_seeds FOLDER: writes FOLDER/gguf_fuzz, FOLDER/template_fuzz and FOLDER/tokenizer_fuzz.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  const std::string folder = argv[1];
  write_gguf_seeds(folder + "/gguf_fuzz");
  write_tokenizer_seeds(folder + "/tokenizer_fuzz");
  std::filesystem::create_directories(folder + "/template_fuzz");
  for (const auto& entry : std::filesystem::directory_iterator(KVASIR_GOLDEN_DIR "/templates"))
    if (entry.path().extension() == ".jinja")
      std::filesystem::copy_file(entry.path(), folder + "/template_fuzz/" + entry.path().filename().string(),
                                 std::filesystem::copy_options::overwrite_existing);
  return 0;
}
