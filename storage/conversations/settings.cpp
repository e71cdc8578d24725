#include "storage/base/try.h"
#include "storage/conversations/conversation_store.h"

#include <bit>

namespace kvasir::storage {

Result<std::optional<std::string>> ConversationStore::setting(std::string_view key) {
  KVASIR_TRY_ASSIGN(auto row, database_->query("SELECT value FROM settings WHERE key = ?1", key));
  KVASIR_TRY_ASSIGN(const bool has_row, row.step());
  if (!has_row) return std::optional<std::string>();
  return std::optional(row.text(0));
}

Result<void> ConversationStore::set_setting(std::string_view key, std::string_view value) {
  return database_->run(
      "INSERT INTO settings (key, value) VALUES (?1, ?2) "
      "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      key, value);
}

Result<std::optional<std::vector<std::byte>>> ConversationStore::model_content_hash(
    const FileIdentity& file) {
  KVASIR_TRY_ASSIGN(auto row,
                    database_->query("SELECT content_hash FROM model_files WHERE device = ?1 AND inode = ?2 "
                                     "AND size_bytes = ?3 AND modified_ns = ?4",
                                     std::bit_cast<int64_t>(file.device), std::bit_cast<int64_t>(file.inode),
                                     std::bit_cast<int64_t>(file.size_bytes), file.modified_ns));
  KVASIR_TRY_ASSIGN(const bool has_row, row.step());
  if (!has_row) return std::optional<std::vector<std::byte>>();
  const auto hash = row.blob(0);
  return std::optional(std::vector<std::byte>(hash.begin(), hash.end()));
}

Result<void> ConversationStore::set_model_content_hash(const FileIdentity& file,
                                                       const std::vector<std::byte>& hash) {
  // A file that changed keeps its inode, so its old hash is replaced rather than kept forever.
  return database_->run(
      "INSERT INTO model_files (device, inode, size_bytes, modified_ns, content_hash) "
      "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (device, inode) DO UPDATE SET "
      "size_bytes = excluded.size_bytes, modified_ns = excluded.modified_ns, "
      "content_hash = excluded.content_hash",
      std::bit_cast<int64_t>(file.device), std::bit_cast<int64_t>(file.inode),
      std::bit_cast<int64_t>(file.size_bytes), file.modified_ns, hash);
}

Result<void> ConversationStore::set_answer_settings(int64_t conversation_id, std::string_view settings) {
  return database_->run("UPDATE conversations SET answer_settings = ?2 WHERE id = ?1", conversation_id,
                        settings);
}

}  // namespace kvasir::storage
