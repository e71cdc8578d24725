#pragma once

#include "engine/chat/chat_template.h"
#include "engine/tokenizer/tokenizer.h"

#include <span>
#include <vector>

namespace kvasir::engine {

struct AssembledPrompt {
  std::vector<TokenId> token_ids;
  /// For each message, the ids that it contributed (what to store beside it). A message's share begins where
  /// the one before it ends; template text belongs to the message that follows it, and what stands at the
  /// end (the generation prompt) to the last message. Together they are `token_ids`.
  std::vector<std::vector<TokenId>> per_message;
};

/// The prompt for the next answer: stored ids are used as they are wherever they still say what the template
/// renders, so that the prefix stays the one whose KV is cached; all else is tokenised afresh.
AssembledPrompt assemble_prompt(const Tokenizer& tokenizer, const ChatTemplate& chat_template,
                                std::span<const ChatMessage> messages);

}  // namespace kvasir::engine
