#include "engine/gguf/gguf_file.h"
#include "engine/model/model_weights.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Any bytes may be opened, configured and bound: errors are fine, crashes and sanitizer reports are not.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvasir::engine;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto file = GgufFile::from_bytes({bytes.begin(), bytes.end()}, "fuzz.gguf");
  if (!file) return 0;
  file->get_strings("tokenizer.ggml.tokens");
  file->get_ints("tokenizer.ggml.token_type");
  if (const auto config = ModelConfig::from_gguf(*file)) (void)ModelWeights::bind(*file, *config);
  return 0;
}
