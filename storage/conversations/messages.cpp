#include "storage/base/try.h"
#include "storage/conversations/branch_sql.h"
#include "storage/conversations/conversation_store.h"
#include "storage/conversations/no_such_message.h"
#include "storage/conversations/search_index.h"
#include "storage/sqlite/transaction.h"

#include <algorithm>
#include <limits>
#include <span>

namespace kvasir::storage {
namespace {

/// Little-endian, four bytes an id, whatever the machine.
std::vector<std::byte> encode_ids(const std::vector<int32_t>& ids) {
  std::vector<std::byte> bytes;
  bytes.reserve(ids.size() * 4);
  for (const int32_t id : ids) {
    const auto bits = static_cast<uint32_t>(id);
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::byte>(bits >> shift));
  }
  return bytes;
}

std::vector<int32_t> decode_ids(std::span<const std::byte> bytes) {
  std::vector<int32_t> ids(bytes.size() / 4);
  for (size_t i = 0; i < ids.size(); ++i) {
    uint32_t bits = 0;
    for (size_t b = 0; b < 4; ++b) bits |= std::to_integer<uint32_t>(bytes[4 * i + b]) << (8 * b);
    ids[i] = static_cast<int32_t>(bits);
  }
  return ids;
}

std::vector<std::byte> to_vector(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

uint32_t count_at(const Statement& row, int column) {
  constexpr int64_t kMax = std::numeric_limits<uint32_t>::max();
  return static_cast<uint32_t>(std::clamp<int64_t>(row.integer(column), 0, kMax));
}

/// The usage columns start at `first`; they are all NULL or all present.
std::optional<MessageUsage> read_usage(const Statement& row, int first) {
  if (row.is_null(first)) return std::nullopt;
  const auto count = [&](int column) { return count_at(row, first + column); };
  MessageUsage usage;
  usage.prompt_tokens = count(0);
  usage.prompt_cache_hit_tokens = count(1);
  usage.prompt_cache_disk_tokens = count(2);
  usage.prompt_cache_miss_tokens = count(3);
  usage.completion_tokens = count(4);
  usage.ttft_ms = row.real(first + 5);
  usage.prefill_tokens_per_second = row.real(first + 6);
  usage.decode_tokens_per_second = row.real(first + 7);
  return usage;
}

/// A row of `kMessageColumns`, and how many alternatives are older and how many there are. The table's
/// checks, which opening has verified, bound the enumerations.
StoredMessage read_message(const Statement& row) {
  StoredMessage message;
  message.id = row.integer(0);
  message.conversation_id = row.integer(1);
  message.position = row.integer(2);
  message.role = static_cast<MessageRole>(row.integer(3));
  message.status = static_cast<MessageStatus>(row.integer(4));
  message.text = row.text(5);
  message.token_ids = decode_ids(row.blob(6));
  message.vocabulary_hash = to_vector(row.blob(7));
  message.model = row.text(8);
  message.error = row.text(9);
  message.created_at_ms = row.integer(10);
  message.usage = read_usage(row, 11);
  message.reasoning = row.text(19);
  message.reasoning_tokens = count_at(row, 20);
  message.reasoning_ms = row.real(21);
  if (!row.is_null(22)) message.context_summary = row.text(22);
  if (message.position == 0) return message;  // stands before the tree
  if (!row.is_null(23)) message.parent_id = row.integer(23);
  message.edited = row.integer(24) != 0;
  message.alternative = count_at(row, 25);
  message.alternatives = count_at(row, 26);
  return message;
}

void bind_usage(Statement& statement, int first, const std::optional<MessageUsage>& usage) {
  if (!usage) {
    for (int i = 0; i < 8; ++i) statement.bind_null(first + i);
    return;
  }
  statement.bind(first, int64_t{usage->prompt_tokens});
  statement.bind(first + 1, int64_t{usage->prompt_cache_hit_tokens});
  statement.bind(first + 2, int64_t{usage->prompt_cache_disk_tokens});
  statement.bind(first + 3, int64_t{usage->prompt_cache_miss_tokens});
  statement.bind(first + 4, int64_t{usage->completion_tokens});
  statement.bind(first + 5, usage->ttft_ms);
  statement.bind(first + 6, usage->prefill_tokens_per_second);
  statement.bind(first + 7, usage->decode_tokens_per_second);
}

}  // namespace

Result<std::vector<StoredMessage>> ConversationStore::messages(int64_t conversation_id, int64_t behind_id) {
  KVASIR_TRY_ASSIGN(const auto shown, conversation(conversation_id));
  return branch(conversation_id, shown.shown_leaf_id.value_or(0), behind_id);
}

Result<std::vector<StoredMessage>> ConversationStore::messages_up_to(int64_t message_id) {
  KVASIR_TRY_ASSIGN(const auto place, place_of(message_id));
  return branch(place.conversation_id, message_id, 0);
}

Result<std::vector<StoredMessage>> ConversationStore::all_messages(int64_t conversation_id) {
  KVASIR_TRY_ASSIGN(auto rows, database_->query("SELECT " + std::string(kMessageColumns) +
                                                    ", 0, 1 FROM messages WHERE conversation_id = ?1 "
                                                    "AND position > 0 AND deleted_at_ms IS NULL "
                                                    "ORDER BY position",
                                                conversation_id));
  std::vector<StoredMessage> found;
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return found;
    found.push_back(read_message(rows));
  }
}

Result<std::vector<StoredMessage>> ConversationStore::branch(int64_t conversation_id, int64_t leaf_id,
                                                             int64_t behind_id) {
  KVASIR_TRY_ASSIGN(auto rows, database_->query(kSelectBranch, leaf_id, conversation_id, behind_id));
  std::vector<StoredMessage> found;
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    found.push_back(read_message(rows));
  }
  // Here rather than there, where whole texts would be moved about.
  std::ranges::sort(found, {}, &StoredMessage::position);
  return found;
}

Result<StoredMessage> ConversationStore::append_message(StoredMessage message) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY_ASSIGN(const auto shown, conversation(message.conversation_id));
  message.parent_id = shown.shown_leaf_id;
  KVASIR_TRY(insert_message(message));
  KVASIR_TRY(transaction.commit());
  return message;
}

Result<StoredMessage> ConversationStore::append_behind(std::optional<int64_t> parent_id,
                                                       StoredMessage message) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY(conversation(message.conversation_id));
  if (parent_id) {
    KVASIR_TRY_ASSIGN(const auto parent, place_of(*parent_id));
    if (parent.conversation_id != message.conversation_id) return no_such_message();
  }
  message.parent_id = parent_id;
  KVASIR_TRY(insert_message(message));
  KVASIR_TRY(transaction.commit());
  return message;
}

Result<void> ConversationStore::insert_message(StoredMessage& message) {
  if (message.role == MessageRole::System) {
    return fail(ErrorCode::BadRequest,
                "A system message always stands first in a conversation and cannot be added at its end. "
                "Set the conversation's system text instead.");
  }
  {
    KVASIR_TRY_ASSIGN(auto counts,
                      database_->query("SELECT (SELECT coalesce(max(position), 0) FROM messages "
                                       "WHERE conversation_id = ?1), "
                                       "(SELECT count(*) FROM messages WHERE conversation_id = ?1 "
                                       "AND parent_id IS ?2 AND position > 0 AND deleted_at_ms IS NULL)",
                                       message.conversation_id, message.parent_id));
    KVASIR_TRY(counts.step());
    message.position = counts.integer(0) + 1;
    message.alternative = count_at(counts, 1);
    message.alternatives = message.alternative + 1;
  }
  message.created_at_ms = change_time_ms();
  KVASIR_TRY_ASSIGN(
      auto insert,
      database_->query(
          "INSERT INTO messages (conversation_id, position, role, status, text, token_ids, "
          "vocabulary_hash, model, error, created_at_ms, reasoning, reasoning_tokens, "
          "reasoning_ms, parent_id, context_summary, edited, prompt_tokens, prompt_cache_hit_tokens, "
          "prompt_cache_disk_tokens, prompt_cache_miss_tokens, completion_tokens, ttft_ms, "
          "prefill_tokens_per_second, decode_tokens_per_second) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
          "?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
          message.conversation_id, message.position, static_cast<int64_t>(message.role),
          static_cast<int64_t>(message.status), std::string_view(message.text), encode_ids(message.token_ids),
          message.vocabulary_hash, std::string_view(message.model), std::string_view(message.error),
          message.created_at_ms, std::string_view(message.reasoning), int64_t{message.reasoning_tokens},
          message.reasoning_ms, message.parent_id, message.context_summary, int64_t{message.edited}));
  bind_usage(insert, 17, message.usage);
  KVASIR_TRY(insert.run());
  message.id = database_->last_insert_id();
  KVASIR_TRY(add_message_to_search(*database_, message.id));
  KVASIR_TRY(show_leaf(message.conversation_id, message.id));
  return touch(message.conversation_id);
}

Result<void> ConversationStore::update_message(const StoredMessage& message) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY(remove_message_from_search(*database_, message.id));
  KVASIR_TRY_ASSIGN(
      auto update,
      database_->query("UPDATE messages SET status = ?2, text = ?3, token_ids = ?4, vocabulary_hash = ?5, "
                       "model = ?6, error = ?7, reasoning = ?8, reasoning_tokens = ?9, reasoning_ms = ?10, "
                       "prompt_tokens = ?11, prompt_cache_hit_tokens = ?12, "
                       "prompt_cache_disk_tokens = ?13, prompt_cache_miss_tokens = ?14, "
                       "completion_tokens = ?15, ttft_ms = ?16, prefill_tokens_per_second = ?17, "
                       "decode_tokens_per_second = ?18 WHERE id = ?1 RETURNING conversation_id",
                       message.id, static_cast<int64_t>(message.status), std::string_view(message.text),
                       encode_ids(message.token_ids), message.vocabulary_hash,
                       std::string_view(message.model), std::string_view(message.error),
                       std::string_view(message.reasoning), int64_t{message.reasoning_tokens},
                       message.reasoning_ms));
  bind_usage(update, 11, message.usage);
  KVASIR_TRY_ASSIGN(const bool found, update.step());
  if (!found) return no_such_message();
  const int64_t conversation_id = update.integer(0);
  KVASIR_TRY(update.run());
  KVASIR_TRY(add_message_to_search(*database_, message.id));
  KVASIR_TRY(touch(conversation_id));
  return transaction.commit();
}

Result<void> ConversationStore::set_token_ids(int64_t message_id, const std::vector<int32_t>& token_ids,
                                              const std::vector<std::byte>& vocabulary_hash) {
  KVASIR_TRY(database_->run("UPDATE messages SET token_ids = ?2, vocabulary_hash = ?3 WHERE id = ?1",
                            message_id, encode_ids(token_ids), vocabulary_hash));
  if (database_->changes() == 0) return no_such_message();
  return {};
}

Result<void> ConversationStore::set_system_text(int64_t conversation_id, std::string_view text,
                                                std::optional<int64_t> system_prompt_id) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY(conversation(conversation_id));
  KVASIR_TRY(database_->run(
      "UPDATE conversations SET system_prompt_id = (SELECT id FROM system_prompts WHERE id = ?2) "
      "WHERE id = ?1",
      conversation_id, system_prompt_id));
  KVASIR_TRY(write_system_message(conversation_id, text));
  KVASIR_TRY(touch(conversation_id));
  return transaction.commit();
}

Result<void> ConversationStore::write_system_message(int64_t conversation_id, std::string_view text) {
  if (text.empty()) {
    return database_->run("DELETE FROM messages WHERE conversation_id = ?1 AND position = 0",
                          conversation_id);
  }
  return database_->run(
      "INSERT INTO messages (conversation_id, position, role, status, text, token_ids, vocabulary_hash, "
      "model, error, created_at_ms) VALUES (?1, 0, 0, 0, ?2, x'', x'', '', '', ?3) "
      "ON CONFLICT (conversation_id, position) "
      "DO UPDATE SET text = excluded.text, token_ids = x'', vocabulary_hash = x''",
      conversation_id, text, change_time_ms());
}

}  // namespace kvasir::storage
