// The part of the chat service that deals with branches: other answers, other words, and ways between them.

#include "app/services/answer_result.h"
#include "app/services/chat_service.h"
#include "app/services/chat_title.h"
#include "storage/base/try.h"

#include <algorithm>
#include <utility>

namespace kvasir::app {

using storage::ConversationStore;
using storage::MessageRole;
using storage::MessageStatus;
using storage::Result;
using storage::StoredMessage;

template <class Begin>
ChatService::Answer ChatService::begin_answer(int64_t id, Begin begin) {
  auto promise = std::make_shared<std::promise<Outcome<StoredMessage>>>();
  with_store_of(id, [this, promise, begin = std::move(begin)](ConversationStore& store) {
    const Result<void> begun = begin(store, promise);
    if (begun) return;
    observer_.failed(begun.error().message);
    promise->set_value(failure(begun));
  });
  return promise->get_future();
}

Result<void> ChatService::check_idle(int64_t conversation_id) {
  if (!is_answering(conversation_id)) return {};
  return storage::fail(storage::ErrorCode::BadRequest,
                       "The answer is still being written. Wait for its end, or stop it first.");
}

Result<void> ChatService::tell_branch(int64_t conversation_id, std::optional<int64_t> parent) {
  auto& store = store_of(conversation_id);
  KVASIR_TRY_ASSIGN(const auto behind, store.messages(conversation_id, parent.value_or(0)));
  observer_.branch_changed(conversation_id, parent, behind);
  KVASIR_TRY_ASSIGN(const auto conversation, store.conversation(conversation_id));
  observer_.conversation_changed(conversation);
  return {};
}

ChatService::Answer ChatService::retry(int64_t conversation_id, ChatSettings settings) {
  const auto begin = [=, this](ConversationStore& store, const Promise& promise) -> Result<void> {
    KVASIR_TRY(check_idle(conversation_id));
    KVASIR_TRY_ASSIGN(auto history, store.messages(conversation_id));
    if (history.empty() || history.back().role != MessageRole::Assistant)
      return storage::fail(storage::ErrorCode::BadRequest, "There is no answer in this chat to go on with.");
    StoredMessage answer = std::move(history.back());
    history.pop_back();
    // What the model has ended would end at once again.
    const uint32_t min_tokens = answer.status == MessageStatus::Complete ? 1 : 0;
    answer.status = MessageStatus::Streaming;
    answer.error.clear();
    observer_.message_changed(answer);
    start_turn(std::move(history), std::move(answer), settings, promise, min_tokens);
    return {};
  };
  return begin_answer(conversation_id, begin);
}

ChatService::Answer ChatService::regenerate(int64_t message_id, ChatSettings settings) {
  const auto begin = [=, this](ConversationStore& store, const Promise& promise) -> Result<void> {
    KVASIR_TRY_ASSIGN(auto history, store.messages_up_to(message_id));
    const StoredMessage message = history.back();
    KVASIR_TRY(check_idle(message.conversation_id));
    const bool is_answer = message.role == MessageRole::Assistant;
    if (is_answer) history.pop_back();
    const auto parent = is_answer ? message.parent_id : message.id;
    KVASIR_TRY_ASSIGN(auto answer, store.append_behind(parent, empty_answer(message.conversation_id)));
    KVASIR_TRY(tell_branch(message.conversation_id, parent));
    start_turn(std::move(history), std::move(answer), settings, promise);
    return {};
  };
  return begin_answer(message_id, begin);
}

ChatService::Answer ChatService::edit(int64_t message_id, std::string text, ChatSettings settings) {
  const auto begin = [=, this](ConversationStore& store, const Promise& promise) -> Result<void> {
    KVASIR_TRY_ASSIGN(auto history, store.messages_up_to(message_id));
    const auto [conversation_id, parent] =
        std::pair(history.back().conversation_id, history.back().parent_id);
    KVASIR_TRY(check_idle(conversation_id));
    StoredMessage edited;
    edited.conversation_id = conversation_id;
    edited.role = history.back().role;
    edited.text = text;
    edited.edited = true;
    edited.context_summary = history.back().context_summary;
    KVASIR_TRY_ASSIGN(history.back(), store.append_behind(parent, std::move(edited)));
    if (history.back().role == MessageRole::Assistant) {
      KVASIR_TRY(tell_branch(conversation_id, parent));
      reselect(conversation_id);
      promise->set_value(history.back());
      return {};
    }
    KVASIR_TRY_ASSIGN(auto answer, store.append_message(empty_answer(conversation_id)));
    KVASIR_TRY(tell_branch(conversation_id, parent));
    start_turn(std::move(history), std::move(answer), settings, promise);
    return {};
  };
  return begin_answer(message_id, begin);
}

ChatService::Done ChatService::show_alternative(int64_t message_id, size_t alternative) {
  return change<void>(message_id, [=, this](ConversationStore& store) -> Result<void> {
    KVASIR_TRY_ASSIGN(const auto place, store.place_of(message_id));
    KVASIR_TRY(check_idle(place.conversation_id));
    KVASIR_TRY_ASSIGN(const auto ids, store.alternatives(message_id));
    KVASIR_TRY(store.show_message(ids[std::min(alternative, ids.size() - 1)]));
    reselect(place.conversation_id);
    return tell_branch(place.conversation_id, place.parent_id);
  });
}

ChatService::Done ChatService::show_message(int64_t message_id) {
  return change<void>(message_id, [=, this](ConversationStore& store) -> Result<void> {
    KVASIR_TRY_ASSIGN(const auto place, store.place_of(message_id));
    KVASIR_TRY(check_idle(place.conversation_id));
    KVASIR_TRY(store.show_message(message_id));
    reselect(place.conversation_id);
    return tell_branch(place.conversation_id, std::nullopt);
  });
}

ChatService::Done ChatService::delete_message(int64_t message_id) {
  return change<void>(message_id, [=, this](ConversationStore& store) -> Result<void> {
    KVASIR_TRY_ASSIGN(const auto place, store.place_of(message_id));
    KVASIR_TRY(check_idle(place.conversation_id));
    KVASIR_TRY(store.delete_message(message_id));
    reselect(place.conversation_id);
    return tell_branch(place.conversation_id, place.parent_id);
  });
}

ChatService::Done ChatService::restore_message(int64_t conversation_id, int64_t message_id) {
  return change<void>(conversation_id, [=, this](ConversationStore& store) -> Result<void> {
    KVASIR_TRY(check_idle(conversation_id));
    KVASIR_TRY(store.restore_message(message_id));
    reselect(conversation_id);
    return tell_branch(conversation_id, std::nullopt);
  });
}

std::future<Outcome<int64_t>> ChatService::fork(int64_t message_id) {
  return change<int64_t>(message_id, [=, this](ConversationStore& store) -> Result<int64_t> {
    KVASIR_TRY_ASSIGN(const auto place, store.place_of(message_id));
    KVASIR_TRY_ASSIGN(const auto forked, store.conversation(place.conversation_id));
    KVASIR_TRY_ASSIGN(const int64_t id, store.fork_conversation(message_id, title_of_fork(forked.title)));
    KVASIR_TRY_ASSIGN(const auto fork, store.conversation(id));
    observer_.conversation_forked(fork);
    return id;
  });
}

void ChatService::reselect(int64_t conversation_id) {
  if (selected_ != conversation_id) return;
  in_memory_ = 0;  // another branch of it may be there
  select(conversation_id);
}

}  // namespace kvasir::app
