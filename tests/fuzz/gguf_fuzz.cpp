#include "engine/gguf/gguf_file.h"
#include "engine/model/model_weights.h"
#include "tests/fuzz/split_input.h"
#include "tests/support/read_corners.h"

#include <cstddef>
#include <cstdint>
#include <span>

using namespace kvasir::engine;

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
  if (const auto weights = ModelWeights::bind(*file, *config)) kvasir::test::read_corners(*weights);
  return 0;
}
