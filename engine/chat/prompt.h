#pragma once

#include "engine/chat/chat_template.h"
#include "engine/tokenizer/tokenizer.h"

#include <span>
#include <vector>

namespace kvasir::engine {

struct AssembledPrompt {
  std::vector<TokenId> token_ids;
  /// For each message, the ids that it contributed (what to store beside it; a sampled answer keeps its
  /// sampled ids instead). A message's share begins where the one before it ends; template text belongs to
  /// the message that follows it, and what stands at the end (the generation prompt) to the last message.
  /// Together, in the template's order (the V3 form puts system messages first), they are `token_ids`. A
  /// token across a border belongs to where it begins.
  std::vector<std::vector<TokenId>> per_message;
};

/// The prompt for the next answer: stored ids are used as they are wherever they still say what the template
/// renders, so that the prefix stays the one whose KV is cached; all else is tokenised afresh.
///
/// An answer's ids are taken as the answer whatever its content says, since text does not always decode back
/// to itself: who edits an answer's content clears its ids. The template's end token follows unless the ids
/// end in it. Special tokens come from the template and from sampled ids alone, never from a content.
/// Ids outside the vocabulary are ignored. Errors: BadRequest where the template refuses the conversation.
Result<AssembledPrompt> assemble_prompt(const Tokenizer& tokenizer, const ChatTemplate& chat_template,
                                        std::span<const ChatMessage> messages, bool enable_thinking = true);

}  // namespace kvasir::engine
