#include "engine/chat/chat_template.h"
#include "engine/tokenizer/pretokenizer.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/tokenizer/small_vocabulary.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace kvasir::engine;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// One tokenizer for each pre-tokenizer.
std::vector<Tokenizer> small_tokenizers() {
  std::vector<Tokenizer> tokenizers;
  for (const PretokenizerSpec& spec : pretokenizer_specs()) {
    auto writer = kvasir::test::SmallVocabulary().writer();
    writer.set_string("tokenizer.ggml.pre", spec.name);
    const auto file = GgufFile::from_bytes(writer.build(), "small.gguf");
    tokenizers.push_back(std::move(*Tokenizer::from_gguf(*file)));
  }
  return tokenizers;
}

void check_text(const Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode(text, true);
  require(tokenizer.decode(ids, true) == text);
  const auto plain = tokenizer.encode(text, false);
  require(tokenizer.decode(plain) == text);
}

}  // namespace

/// A GGUF file becomes a tokenizer or an error; all else is text, which a tokenizer gives back: which one,
/// its length says.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<Tokenizer> tokenizers = small_tokenizers();
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto file = GgufFile::from_bytes({bytes.begin(), bytes.end()}, "fuzz.gguf")) {
    const auto tokenizer = Tokenizer::from_gguf(*file);
    if (!tokenizer) return 0;
    check_text(*tokenizer, text);
    (void)ChatTemplate::from_gguf(*file, *tokenizer);
    return 0;
  }
  check_text(tokenizers[size % tokenizers.size()], text);
  Utf8Stream stream;
  std::string streamed = stream.push(text.substr(0, size / 2));
  streamed += stream.push(text.substr(size / 2));
  streamed += stream.finish();
  Utf8Stream whole;
  std::string expected = whole.push(text);
  expected += whole.finish();
  require(streamed == expected);
  return 0;
}
