#pragma once

#include "tests/support/gguf_writer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kvasir::test {

/// A vocabulary that a test can change before it is written: the 256 bytes in their order, the tokens that
/// the merges make, then three special tokens.
struct SmallVocabulary {
  std::vector<std::string> tokens;
  std::vector<int32_t> types;
  std::vector<std::string> merges{"t h", "th e", "Ġ the", "a b"};

  int32_t begin_id, end_id, think_id;

  SmallVocabulary() {
    // GPT-2's byte alphabet, written out here a second time.
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const bool itself = (byte > 32 && byte < 127) || (byte > 160 && byte != 173);
      add(utf8(itself ? byte : next++), 1);
    }
    for (const char* made : {"th", "the", "Ġthe", "ab"}) add(made, 1);
    begin_id = add("<|begin|>", 3);
    end_id = add("<|end|>", 3);
    think_id = add("<think>", 4);
  }

  int32_t add(std::string text, int32_t type) {
    tokens.push_back(std::move(text));
    types.push_back(type);
    return static_cast<int32_t>(tokens.size()) - 1;
  }

  GgufWriter writer() const {
    GgufWriter writer;
    writer.set_string("tokenizer.ggml.model", "gpt2");
    writer.set_string("tokenizer.ggml.pre", "deepseek-v3");
    writer.set_strings("tokenizer.ggml.tokens", tokens);
    writer.set_array("tokenizer.ggml.token_type", engine::GgufValueType::I32, types);
    writer.set_strings("tokenizer.ggml.merges", merges);
    writer.set_uint("tokenizer.ggml.bos_token_id", static_cast<uint32_t>(begin_id));
    writer.set_uint("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(end_id));
    return writer;
  }

 private:
  static std::string utf8(char32_t code) {
    if (code < 0x80) return std::string(1, static_cast<char>(code));
    return {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
  }
};

}  // namespace kvasir::test
