#pragma once

#include "engine/chat/chat_template.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace kvasir::engine {

/// What the template wrote for an answer, in bytes of the whole rendering.
struct RenderedAnswer {
  std::string_view text;  ///< the whole rendering
  size_t window;          ///< where what stands before this answer ends: its ids stand for nothing earlier
  size_t begin, end;      ///< from the answer's first byte to behind its last
  size_t limit;           ///< where the next message begins: nor for anything later
  bool has_reasoning;     ///< whether some of it is the answer's reasoning
};

/// Which of an answer's ids stand for which bytes of the rendering. All else is to be tokenised afresh.
struct AnswerIds {
  std::span<const TokenId> ids;
  size_t begin, end;
};

/// Finds the ids of `message`, an answer with ids, in what the template made of it:
/// 1. all of them, where they say exactly what stands there (template text around it included);
/// 2. those after the end of its thinking, where the template leaves that out;
/// 3. all of them, where the template writes the content, perhaps without the white space around it, or its
///    reasoning and content with other white space between.
/// Nothing where the template writes something else.
std::optional<AnswerIds> find_answer_ids(const Tokenizer& tokenizer, const ChatMessage& message,
                                         const RenderedAnswer& rendered,
                                         const std::optional<ThinkingFormat>& thinking);

}  // namespace kvasir::engine
