#include "storage/conversations/search_index.h"

#include "storage/base/try.h"
#include "storage/sqlite/database.h"

namespace kvasir::storage {

Result<void> remove_title_from_search(Database& database, int64_t conversation_id) {
  return database.run(
      "INSERT INTO title_search (title_search, rowid, title) "
      "SELECT 'delete', id, title FROM conversations WHERE id = ?1",
      conversation_id);
}

Result<void> add_title_to_search(Database& database, int64_t conversation_id) {
  return database.run(
      "INSERT INTO title_search (rowid, title) SELECT id, title FROM conversations WHERE id = ?1",
      conversation_id);
}

Result<void> remove_message_from_search(Database& database, int64_t message_id) {
  return database.run(
      "INSERT INTO message_search (message_search, rowid, text) "
      "SELECT 'delete', id, text FROM searchable_messages WHERE id = ?1",
      message_id);
}

Result<void> add_message_to_search(Database& database, int64_t message_id) {
  return database.run(
      "INSERT INTO message_search (rowid, text) SELECT id, text FROM searchable_messages WHERE id = ?1",
      message_id);
}

Result<void> add_messages_to_search(Database& database, int64_t conversation_id) {
  return database.run(
      "INSERT INTO message_search (rowid, text) SELECT id, text FROM searchable_messages "
      "WHERE conversation_id = ?1",
      conversation_id);
}

Result<void> remove_deleted_from_search(Database& database) {
  KVASIR_TRY(database.run(
      "INSERT INTO message_search (message_search, rowid, text) "
      "SELECT 'delete', id, text FROM searchable_messages "
      "WHERE id IN (SELECT id FROM messages WHERE deleted_at_ms IS NOT NULL) OR conversation_id IN "
      "(SELECT id FROM conversations WHERE deleted_at_ms IS NOT NULL)"));
  return database.run(
      "INSERT INTO title_search (title_search, rowid, title) "
      "SELECT 'delete', id, title FROM conversations WHERE deleted_at_ms IS NOT NULL");
}

Result<void> wipe_removed_from_search(Database& database) {
  KVASIR_TRY(database.run("INSERT INTO title_search (title_search) VALUES ('optimize')"));
  return database.run("INSERT INTO message_search (message_search) VALUES ('optimize')");
}

}  // namespace kvasir::storage
