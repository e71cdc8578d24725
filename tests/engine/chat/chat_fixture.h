#pragma once

#include "engine/chat/chat_template.h"
#include "engine/chat/prompt.h"
#include "engine/tokenizer/tokenizer.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace kvasir::test {

/// A file's tokenizer and chat template. Throws where the file has none.
struct Chat {
  engine::GgufFile file;
  engine::Tokenizer tokenizer;
  engine::ChatTemplate chat_template;

  explicit Chat(const std::string& path)
      : file(value(engine::GgufFile::open(path))),
        tokenizer(value(engine::Tokenizer::from_gguf(file))),
        chat_template(value(engine::ChatTemplate::from_gguf(file, tokenizer))) {}

  static Chat starter() { return Chat(KVASIR_STARTER_MODEL); }
  static Chat v3() { return Chat(std::string(KVASIR_EXTRACTED_GOLDEN_DIR) + "/deepseek-v3-vocab.gguf"); }

  std::string rendered(std::span<const engine::ChatMessage> messages, bool add_generation_prompt) const {
    std::string text;
    for (const auto& piece : pieces(messages, add_generation_prompt)) text += piece.text;
    return text;
  }

  std::vector<engine::PromptPiece> pieces(std::span<const engine::ChatMessage> messages,
                                          bool add_generation_prompt) const {
    return value(chat_template.render(messages, {.add_generation_prompt = add_generation_prompt}));
  }

  engine::AssembledPrompt assembled(std::span<const engine::ChatMessage> messages) const {
    return value(engine::assemble_prompt(tokenizer, chat_template, messages));
  }

 private:
  template <class T>
  static T value(engine::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }
};

}  // namespace kvasir::test
