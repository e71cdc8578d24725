#include "engine/gguf/gguf_file.h"
#include "engine/model/model_weights.h"
#include "tests/engine/tokenizer/small_vocabulary.h"
#include "tests/fuzz/split_input.h"
#include "tests/support/micro_model.h"
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

namespace {

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
    write_model(name + ".gguf", {MicroModel::writer(type, false, false)});
    write_model(name + "-joined-fused.gguf", {MicroModel::writer(type, true, true)});
  }
  write_model(folder + "/split.parts", split_model(MicroModel::writer(DType::Q4_0, true, false), 3));
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
