// The part of the conversation store that deals with branches: which one is shown, deleted, or copied.

#include "storage/base/try.h"
#include "storage/conversations/branch_sql.h"
#include "storage/conversations/conversation_store.h"
#include "storage/conversations/no_such_message.h"
#include "storage/conversations/search_index.h"
#include "storage/sqlite/transaction.h"

#include <string>

namespace kvasir::storage {
namespace {

std::optional<int64_t> optional_integer(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

}  // namespace

Result<ConversationStore::MessagePlace> ConversationStore::place_of(int64_t message_id) {
  KVASIR_TRY_ASSIGN(auto row, database_->query("SELECT conversation_id, parent_id FROM messages "
                                               "WHERE id = ?1 AND position > 0 AND deleted_at_ms IS NULL",
                                               message_id));
  KVASIR_TRY_ASSIGN(const bool has_row, row.step());
  if (!has_row) return no_such_message();
  const MessagePlace place{row.integer(0), optional_integer(row, 1)};
  KVASIR_TRY(conversation(place.conversation_id));
  return place;
}

Result<std::vector<int64_t>> ConversationStore::alternatives_at(const MessagePlace& place) {
  KVASIR_TRY_ASSIGN(auto rows, database_->query("SELECT id FROM messages WHERE conversation_id = ?1 "
                                                "AND parent_id IS ?2 AND position > 0 "
                                                "AND deleted_at_ms IS NULL ORDER BY position",
                                                place.conversation_id, place.parent_id));
  std::vector<int64_t> ids;
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return ids;
    ids.push_back(rows.integer(0));
  }
}

Result<std::vector<int64_t>> ConversationStore::alternatives(int64_t message_id) {
  KVASIR_TRY_ASSIGN(const auto place, place_of(message_id));
  return alternatives_at(place);
}

Result<void> ConversationStore::show_message(int64_t message_id) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY_ASSIGN(const auto place, place_of(message_id));
  KVASIR_TRY(show_newest(place.conversation_id, message_id));
  return transaction.commit();
}

Result<void> ConversationStore::show_newest(int64_t conversation_id, int64_t message_id) {
  return database_->run(std::string(kWithBehind) +
                            "UPDATE conversations SET shown_leaf_id = "
                            "(SELECT id FROM behind ORDER BY position DESC LIMIT 1) WHERE id = ?2",
                        message_id, conversation_id);
}

Result<void> ConversationStore::show_leaf(int64_t conversation_id, std::optional<int64_t> leaf_id) {
  return database_->run("UPDATE conversations SET shown_leaf_id = ?2 WHERE id = ?1", conversation_id,
                        leaf_id);
}

Result<void> ConversationStore::delete_message(int64_t message_id) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY_ASSIGN(const auto place, place_of(message_id));
  KVASIR_TRY(database_->run(
      std::string(kWithBehind) + "UPDATE messages SET deleted_at_ms = ?2 WHERE id IN (SELECT id FROM behind)",
      message_id, change_time_ms()));
  KVASIR_TRY_ASSIGN(const bool shows_deleted,
                    has_row("SELECT 1 FROM conversations JOIN messages ON messages.id = shown_leaf_id "
                            "WHERE conversations.id = ?1 AND messages.deleted_at_ms IS NOT NULL",
                            place.conversation_id));
  if (shows_deleted) {
    KVASIR_TRY_ASSIGN(const auto left, alternatives_at(place));
    KVASIR_TRY(left.empty() ? show_leaf(place.conversation_id, place.parent_id)
                            : show_newest(place.conversation_id, left.back()));
  }
  KVASIR_TRY(touch(place.conversation_id));
  return transaction.commit();
}

Result<void> ConversationStore::restore_message(int64_t message_id) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY_ASSIGN(auto row, database_->query("SELECT conversation_id, deleted_at_ms FROM messages "
                                               "WHERE id = ?1 AND deleted_at_ms IS NOT NULL",
                                               message_id));
  KVASIR_TRY_ASSIGN(const bool found, row.step());
  if (!found) return no_such_message();
  const int64_t conversation_id = row.integer(0);
  const int64_t deleted_at_ms = row.integer(1);
  KVASIR_TRY(row.run());
  KVASIR_TRY_ASSIGN(
      const bool hangs_on_deleted,
      has_row("SELECT 1 FROM messages JOIN messages AS parent ON parent.id = messages.parent_id "
              "WHERE messages.conversation_id = ?1 AND messages.deleted_at_ms = ?2 "
              "AND parent.deleted_at_ms <> ?2",
              conversation_id, deleted_at_ms));
  if (hangs_on_deleted) return no_such_message();
  KVASIR_TRY(
      database_->run("UPDATE messages SET deleted_at_ms = NULL WHERE conversation_id = ?1 "
                     "AND deleted_at_ms = ?2",
                     conversation_id, deleted_at_ms));
  KVASIR_TRY(show_leaf(conversation_id, message_id));
  KVASIR_TRY(touch(conversation_id));
  return transaction.commit();
}

Result<int64_t> ConversationStore::fork_conversation(int64_t message_id, std::string_view title) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY_ASSIGN(const auto place, place_of(message_id));
  KVASIR_TRY(database_->run(
      "INSERT INTO conversations (title, system_prompt_id, context_policy, answer_settings, created_at_ms, "
      "updated_at_ms) SELECT ?2, system_prompt_id, context_policy, answer_settings, ?3, ?3 FROM "
      "conversations WHERE id = ?1",
      place.conversation_id, title, change_time_ms()));
  const int64_t fork_id = database_->last_insert_id();
  constexpr std::string_view kCopied =
      "text, token_ids, vocabulary_hash, model, error, created_at_ms, prompt_tokens, "
      "prompt_cache_hit_tokens, prompt_cache_disk_tokens, prompt_cache_miss_tokens, completion_tokens, "
      "ttft_ms, prefill_tokens_per_second, decode_tokens_per_second, reasoning, reasoning_tokens, "
      "reasoning_ms, context_summary, edited";
  KVASIR_TRY(database_->run(
      std::string(kWithBranch) + "INSERT INTO messages (conversation_id, position, role, status, " +
          std::string(kCopied) + ") SELECT ?4, position, role, iif(status = ?5, ?6, status), " +
          std::string(kCopied) + " FROM messages WHERE id IN (SELECT id FROM branch)",
      message_id, place.conversation_id, int64_t{0}, fork_id, static_cast<int64_t>(MessageStatus::Streaming),
      static_cast<int64_t>(MessageStatus::Stopped)));
  // Each follows the one before it: a branch has no alternatives.
  KVASIR_TRY(database_->run(
      "UPDATE messages SET parent_id = (SELECT id FROM messages AS before "
      "WHERE before.conversation_id = ?1 AND before.position BETWEEN 1 AND messages.position - 1 "
      "ORDER BY before.position DESC LIMIT 1) WHERE conversation_id = ?1",
      fork_id));
  KVASIR_TRY(database_->run(
      "UPDATE conversations SET shown_leaf_id = (SELECT id FROM messages WHERE conversation_id = ?1 "
      "ORDER BY position DESC LIMIT 1) WHERE id = ?1",
      fork_id));
  KVASIR_TRY(add_title_to_search(*database_, fork_id));
  KVASIR_TRY(add_messages_to_search(*database_, fork_id));
  KVASIR_TRY(transaction.commit());
  return fork_id;
}

}  // namespace kvasir::storage
