// Whole conversations, as they are carried from one profile to another.

#include "storage/base/try.h"
#include "storage/conversations/chat_record.h"
#include "storage/conversations/search_index.h"
#include "storage/sqlite/transaction.h"

#include <map>

namespace kvasir::storage {

Result<ChatRecord> ConversationStore::read_record(int64_t id) {
  KVASIR_TRY_ASSIGN(const auto stored, conversation(id));
  ChatRecord chat;
  chat.title = stored.title;
  chat.system_text = stored.system_text;
  chat.pinned = stored.pin_position.has_value();
  chat.draft = stored.draft;
  chat.context_policy = stored.context_policy;
  chat.answer_settings = stored.answer_settings;
  chat.created_at_ms = stored.created_at_ms;
  chat.updated_at_ms = stored.updated_at_ms;
  KVASIR_TRY_ASSIGN(auto names,
                    database_->query("SELECT coalesce((SELECT name FROM folders WHERE id = ?1), ''), "
                                     "coalesce((SELECT name FROM system_prompts WHERE id = ?2), '')",
                                     stored.folder_id, stored.system_prompt_id));
  KVASIR_TRY(names.step());
  chat.folder_name = names.text(0);
  chat.system_prompt_name = names.text(1);

  KVASIR_TRY_ASSIGN(auto messages, all_messages(id));
  std::map<int64_t, size_t> index_of;
  for (StoredMessage& message : messages) {
    const auto index = [&](std::optional<int64_t> message_id) -> std::optional<size_t> {
      const auto found = index_of.find(message_id.value_or(0));
      return found == index_of.end() ? std::nullopt : std::optional(found->second);
    };
    index_of[message.id] = chat.messages.size();
    if (stored.shown_leaf_id == message.id) chat.shown_leaf = chat.messages.size();
    chat.messages.push_back({index(message.parent_id), std::move(message)});
  }
  return chat;
}

Result<void> ConversationStore::write_records(const std::vector<ChatRecord>& chats) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  for (const ChatRecord& chat : chats) KVASIR_TRY(write_record(chat));
  return transaction.commit();
}

Result<std::optional<int64_t>> ConversationStore::folder_named(const std::string& name) {
  if (name.empty()) return std::optional<int64_t>();
  {
    KVASIR_TRY_ASSIGN(auto rows, database_->query("SELECT id FROM folders WHERE name = ?1 ORDER BY id",
                                                  std::string_view(name)));
    KVASIR_TRY_ASSIGN(const bool found, rows.step());
    if (found) return std::optional(rows.integer(0));
  }
  return create_folder(name).map([](int64_t id) { return std::optional(id); });
}

Result<void> ConversationStore::write_record(const ChatRecord& chat) {
  KVASIR_TRY_ASSIGN(const auto folder_id, folder_named(chat.folder_name));
  KVASIR_TRY(database_->run(
      "INSERT INTO conversations (title, system_prompt_id, created_at_ms, updated_at_ms, folder_id, "
      "pin_position, draft, context_policy, answer_settings) "
      "VALUES (?1, (SELECT id FROM system_prompts WHERE name = ?2), ?3, ?3, ?4, "
      "iif(?5, (SELECT coalesce(max(pin_position), -1) + 1 FROM conversations), NULL), ?6, ?7, ?8)",
      std::string_view(chat.title), std::string_view(chat.system_prompt_name), chat.created_at_ms, folder_id,
      int64_t{chat.pinned}, std::string_view(chat.draft), static_cast<int64_t>(chat.context_policy),
      std::string_view(chat.answer_settings)));
  const int64_t id = database_->last_insert_id();
  KVASIR_TRY(add_title_to_search(*database_, id));
  KVASIR_TRY(write_system_message(id, chat.system_text));

  std::vector<int64_t> ids;
  for (const auto& [parent, content] : chat.messages) {
    if (parent && *parent >= ids.size())
      return fail(ErrorCode::BadRequest,
                  "A message of the chat “" + chat.title + "” follows none before it.");
    StoredMessage message = content;
    message.conversation_id = id;
    message.parent_id = parent ? std::optional(ids[*parent]) : std::nullopt;
    if (message.status == MessageStatus::Streaming) message.status = MessageStatus::Interrupted;
    KVASIR_TRY(insert_message(message));
    KVASIR_TRY(database_->run("UPDATE messages SET created_at_ms = ?2 WHERE id = ?1", message.id,
                              content.created_at_ms));
    ids.push_back(message.id);
  }
  if (chat.shown_leaf && *chat.shown_leaf < ids.size()) KVASIR_TRY(show_leaf(id, ids[*chat.shown_leaf]));
  // Last, since each message had changed it.
  return database_->run("UPDATE conversations SET updated_at_ms = ?2 WHERE id = ?1", id, chat.updated_at_ms);
}

}  // namespace kvasir::storage
