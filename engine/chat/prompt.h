#pragma once

#include "engine/chat/chat_template.h"
#include "engine/tokenizer/tokenizer.h"

#include <span>
#include <vector>

namespace kvasir::engine {

struct AssembledPrompt {
  std::vector<TokenId> token_ids;
  /// For each message, the ids that it contributed (what to store beside it; a sampled answer keeps its
  /// sampled ids instead), none where the template leaves it out. A message's share begins where the one
  /// before it ends; template text belongs to the message that follows it, and what stands at the end (the
  /// generation prompt) to the last message. Together, in the template's order (the V3 form puts system
  /// messages first), they are `token_ids`. A token across a border belongs to where it begins.
  std::vector<std::vector<TokenId>> per_message;
};

/// The prompt for the next answer: stored ids are used as they are wherever they still say what the template
/// renders, so that the prefix stays the one whose KV is cached; all else is tokenised afresh.
///
/// An answer's ids are taken as the answer whatever its content says, since text does not always decode back
/// to itself: who edits an answer's content clears its ids. Where the template leaves out what an answer
/// thought, or white space around it, the ids of what it keeps are used; where it writes something else than
/// the answer, that is tokenised afresh. The template's end token follows unless the ids end in it; an end
/// token that the template does not write is left out. So the same conversation always has the same prompt.
/// Special tokens come from the template and from sampled ids alone, never from a content.
/// Ids outside the vocabulary are ignored. Errors: as `ChatTemplate::render`.
Result<AssembledPrompt> assemble_prompt(const Tokenizer& tokenizer, const ChatTemplate& chat_template,
                                        std::span<const ChatMessage> messages, bool enable_thinking = true);

}  // namespace kvasir::engine
