#include "storage/conversations/conversation_store.h"

#include "storage/base/try.h"
#include "storage/conversations/search_index.h"
#include "storage/sqlite/transaction.h"

#include <algorithm>
#include <chrono>

namespace kvasir::storage {
namespace {

tl::unexpected<Error> no_such_conversation() {
  return fail(ErrorCode::NotFound, "This conversation no longer exists. Choose another one.");
}

/// Position 0 is the system message's own.
const std::string kSelectConversation =
    "SELECT id, title, system_prompt_id, "
    "COALESCE((SELECT text FROM messages WHERE conversation_id = conversations.id AND position = 0), ''), "
    "created_at_ms, updated_at_ms, folder_id, pin_position, draft, shown_leaf_id, context_policy, "
    "answer_settings FROM conversations";

StoredConversation read_conversation(const Statement& row) {
  StoredConversation conversation;
  conversation.id = row.integer(0);
  conversation.title = row.text(1);
  if (!row.is_null(2)) conversation.system_prompt_id = row.integer(2);
  conversation.system_text = row.text(3);
  conversation.created_at_ms = row.integer(4);
  conversation.updated_at_ms = row.integer(5);
  if (!row.is_null(6)) conversation.folder_id = row.integer(6);
  if (!row.is_null(7)) conversation.pin_position = row.integer(7);
  conversation.draft = row.text(8);
  if (!row.is_null(9)) conversation.shown_leaf_id = row.integer(9);
  conversation.context_policy = static_cast<ContextPolicy>(row.integer(10));
  conversation.answer_settings = row.text(11);
  return conversation;
}

/// A process that died left them growing.
Result<void> end_interrupted_answers(Database& database) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(database));
  std::vector<int64_t> ended;
  {
    KVASIR_TRY_ASSIGN(auto rows,
                      database.query("UPDATE messages SET status = ?2 WHERE status = ?1 RETURNING id",
                                     static_cast<int64_t>(MessageStatus::Streaming),
                                     static_cast<int64_t>(MessageStatus::Interrupted)));
    for (;;) {
      KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
      if (!has_row) break;
      ended.push_back(rows.integer(0));
    }
  }
  for (const int64_t id : ended) KVASIR_TRY(add_message_to_search(database, id));
  return transaction.commit();
}

}  // namespace

Result<ConversationStore> ConversationStore::open(Database& database) {
  KVASIR_TRY(end_interrupted_answers(database));
  return ConversationStore(database);
}

int64_t ConversationStore::change_time_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  last_change_ms_ = std::max(now_ms, last_change_ms_ + 1);
  return last_change_ms_;
}

Result<void> ConversationStore::touch(int64_t conversation_id) {
  // A clock that was set back must not hide the change.
  KVASIR_TRY(
      database_->run("UPDATE conversations SET updated_at_ms = max(?2, updated_at_ms + 1) WHERE id = ?1",
                     conversation_id, change_time_ms()));
  if (database_->changes() == 0) return no_such_conversation();
  return {};
}

Result<int64_t> ConversationStore::create_conversation(std::string_view title, std::string_view system_text,
                                                       std::optional<int64_t> system_prompt_id) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY(
      database_->run("INSERT INTO conversations (title, system_prompt_id, created_at_ms, updated_at_ms) "
                     "VALUES (?1, (SELECT id FROM system_prompts WHERE id = ?2), ?3, ?3)",
                     title, system_prompt_id, change_time_ms()));
  const int64_t id = database_->last_insert_id();
  KVASIR_TRY(add_title_to_search(*database_, id));
  KVASIR_TRY(write_system_message(id, system_text));
  KVASIR_TRY(transaction.commit());
  return id;
}

Result<std::vector<StoredConversation>> ConversationStore::conversations() {
  KVASIR_TRY_ASSIGN(auto rows,
                    database_->prepare(kSelectConversation + " WHERE deleted_at_ms IS NULL "
                                                             "ORDER BY updated_at_ms DESC, id DESC"));
  std::vector<StoredConversation> found;
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return found;
    found.push_back(read_conversation(rows));
  }
}

Result<StoredConversation> ConversationStore::conversation(int64_t id) {
  KVASIR_TRY_ASSIGN(auto rows,
                    database_->query(kSelectConversation + " WHERE id = ?1 AND deleted_at_ms IS NULL", id));
  KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
  if (!has_row) return no_such_conversation();
  return read_conversation(rows);
}

Result<bool> ConversationStore::exists(int64_t id) {
  KVASIR_TRY_ASSIGN(auto rows, database_->query("SELECT 1 FROM conversations WHERE id = ?1", id));
  return rows.step();
}

Result<std::optional<int64_t>> ConversationStore::find_conversation(std::string_view title) {
  KVASIR_TRY_ASSIGN(
      auto rows, database_->query("SELECT id FROM conversations WHERE title = ?1 AND deleted_at_ms IS NULL "
                                  "ORDER BY updated_at_ms DESC, id DESC LIMIT 1",
                                  title));
  KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
  if (!has_row) return std::optional<int64_t>();
  return std::optional(rows.integer(0));
}

Result<void> ConversationStore::rename_conversation(int64_t id, std::string_view title) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY(conversation(id));
  KVASIR_TRY(remove_title_from_search(*database_, id));
  KVASIR_TRY(database_->run("UPDATE conversations SET title = ?2 WHERE id = ?1", id, title));
  KVASIR_TRY(add_title_to_search(*database_, id));
  return transaction.commit();
}

Result<void> ConversationStore::delete_conversation(int64_t id) {
  KVASIR_TRY(
      database_->run("UPDATE conversations SET deleted_at_ms = coalesce(deleted_at_ms, ?2) WHERE id = ?1", id,
                     change_time_ms()));
  if (database_->changes() == 0) return no_such_conversation();
  return {};
}

Result<void> ConversationStore::restore_conversation(int64_t id) {
  KVASIR_TRY(database_->run("UPDATE conversations SET deleted_at_ms = NULL WHERE id = ?1", id));
  if (database_->changes() == 0) return no_such_conversation();
  return {};
}

Result<void> ConversationStore::purge_deleted() {
  KVASIR_TRY_ASSIGN(
      const int64_t deleted,
      database_->integer("SELECT (SELECT count(*) FROM conversations WHERE deleted_at_ms IS NOT NULL) + "
                         "(SELECT count(*) FROM messages WHERE deleted_at_ms IS NOT NULL)"));
  if (deleted == 0) return {};
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  // What follows a deleted message has been marked with it. Where a file says otherwise, it goes all the
  // same.
  KVASIR_TRY(database_->run(
      "WITH RECURSIVE gone (id) AS (SELECT id FROM messages WHERE deleted_at_ms IS NOT NULL "
      "UNION SELECT behind.id FROM gone JOIN messages AS behind ON behind.parent_id = gone.id) "
      "UPDATE messages SET deleted_at_ms = coalesce(deleted_at_ms, 0) WHERE id IN (SELECT id FROM gone)"));
  KVASIR_TRY(remove_deleted_from_search(*database_));
  KVASIR_TRY(database_->run("DELETE FROM conversations WHERE deleted_at_ms IS NOT NULL"));
  KVASIR_TRY(database_->run("DELETE FROM messages WHERE deleted_at_ms IS NOT NULL"));
  KVASIR_TRY(wipe_removed_from_search(*database_));
  return transaction.commit();
}

}  // namespace kvasir::storage
