#pragma once

#include "engine/chat/prompt.h"
#include "engine/tokenizer/tokenizer.h"
#include "storage/conversations/conversation_store.h"

#include <cstdint>
#include <span>
#include <vector>

namespace kvasir::app {

/// A prompt made from stored messages.
struct ChatPrompt {
  std::vector<engine::TokenId> token_ids;
  /// {history}: how many of the ids each message contributed; 0: it is left out.
  std::vector<uint32_t> message_tokens;
  /// Messages other than answers whose stored ids are not (or no longer) what the prompt holds for them, with
  /// those ids.
  std::vector<storage::StoredMessage> changed;
};

/// Where in the history the prompt begins, behind the system message: at the last message with a
/// `context_summary`, else at the history's beginning.
size_t context_beginning(std::span<const storage::StoredMessage> history);

/// `history` in order, ending with the message to answer. Stored ids count only under this vocabulary;
/// answers that came to nothing are left out, and so is what stands before the last message with a
/// `context_summary`, which the system message tells instead. Errors: the model's template refuses the
/// conversation.
engine::Result<ChatPrompt> make_chat_prompt(std::span<const storage::StoredMessage> history,
                                            const engine::Tokenizer& tokenizer,
                                            const engine::ChatTemplate& chat_template,
                                            bool enable_thinking = true);

/// What the prompt of the next turn will begin with, whatever is said in it: what the template drops of past
/// reasoning is gone already.
struct NextTurnPrefix {
  std::vector<engine::TokenId> token_ids;
  uint32_t system_tokens = 0;  ///< how many of them the system message has contributed, with a summary
};
engine::Result<NextTurnPrefix> next_turn_prefix(std::span<const storage::StoredMessage> history,
                                                const engine::Tokenizer& tokenizer,
                                                const engine::ChatTemplate& chat_template);

/// Makes what stands of an answer the beginning of its continuation: the ids of this vocabulary, without an
/// end. Reasoning of another vocabulary's model is not continued, and starts anew where nothing follows it.
void prepare_to_continue(storage::StoredMessage& answer, const engine::Tokenizer& tokenizer);

/// The vocabulary's hash as it is stored beside ids.
std::vector<std::byte> stored_vocabulary_hash(const engine::Tokenizer& tokenizer);

}  // namespace kvasir::app
