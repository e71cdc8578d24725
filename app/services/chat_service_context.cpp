// The part of the chat service that deals with the model's context.

#include "app/services/chat_service.h"
#include "storage/base/try.h"

#include <algorithm>
#include <utility>

namespace kvasir::app {

using storage::ConversationStore;
using storage::Result;

ChatService::Done ChatService::set_context_policy(int64_t conversation_id, storage::ContextPolicy policy) {
  return change<void>(conversation_id, [=, this](ConversationStore& store) -> Result<void> {
    KVASIR_TRY(store.set_context_policy(conversation_id, policy));
    look_at(conversation_id, store);
    return {};
  });
}

ChatService::Done ChatService::read_again(int64_t conversation_id, int64_t message_id) {
  return change<void>(conversation_id, [=, this](ConversationStore& store) -> Result<void> {
    KVASIR_TRY(check_idle(conversation_id));
    KVASIR_TRY(store.set_context_summary(message_id, std::nullopt));
    KVASIR_TRY_ASSIGN(const auto messages, store.messages(conversation_id));
    const auto message = std::ranges::find(messages, message_id, &storage::StoredMessage::id);
    if (message != messages.end()) observer_.message_changed(*message);
    look_at(conversation_id, store);
    return {};
  });
}

std::optional<NextTurnPrefix> ChatService::measure(int64_t conversation_id, storage::ContextPolicy policy,
                                                   const std::vector<storage::StoredMessage>& history) {
  const auto prompts = engine_->prompt_maker();
  if (!prompts || !prompts->chat_template) return std::nullopt;
  auto prefix = next_turn_prefix(history, prompts->tokenizer, *prompts->chat_template);
  if (!prefix) return std::nullopt;
  ContextUse use;
  use.system_tokens = prefix->system_tokens;
  use.chat_tokens = static_cast<uint32_t>(prefix->token_ids.size()) - prefix->system_tokens;
  use.policy = policy;
  const size_t first = !history.empty() && history.front().role == storage::MessageRole::System ? 1 : 0;
  const size_t beginning = context_beginning(history);
  use.left_out_messages = static_cast<uint32_t>(beginning - std::min(first, beginning));
  observer_.context_measured(conversation_id, use);
  return std::move(*prefix);
}

}  // namespace kvasir::app
