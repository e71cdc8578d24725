#pragma once

#include "engine/chat/chat_template.h"
#include "engine/runtime/reasoning_stream.h"
#include "engine/tokenizer/tokenizer.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine {

/// One token of an answer and the text that it completed (valid UTF-8; empty in the middle of a character).
struct TokenEvent {
  TokenId id;
  std::string text;
  std::string reasoning;          ///< the same of what the model thinks before it answers
  uint32_t reasoning_tokens = 0;  ///< so many of the answer's ids so far are reasoning, its markers included
};

/// Turns an answer's ids into its texts, one after the other.
class AnswerDecoder {
 public:
  /// `prompt` is what the answer follows; its end tells whether the section is open already. Without a format
  /// all text is the answer. The tokenizer must outlive the decoder.
  AnswerDecoder(const Tokenizer& tokenizer, const std::optional<ThinkingFormat>& format,
                std::span<const TokenId> prompt);

  TokenEvent push(TokenId id);
  /// What was held back, at the answer's end. The bytes of a character that is not whole are dropped.
  AnswerText finish() { return stream_.finish(); }

  bool in_reasoning() const { return stream_.in_reasoning(); }
  uint32_t reasoning_tokens() const { return reasoning_tokens_; }
  /// The ids that close the section here, as the family writes it.
  std::vector<TokenId> closing_ids() const;

 private:
  std::string_view bytes_of(TokenId id) const;

  const Tokenizer* tokenizer_;
  std::optional<ThinkingFormat> format_;
  ReasoningStream stream_;
  Utf8Stream characters_;
  uint32_t undecided_tokens_ = 0;  ///< will be reasoning if a section opens
  uint32_t reasoning_tokens_ = 0;
};

}  // namespace kvasir::engine
