// How the list of conversations is arranged: folders, pins, and what is written but not sent.

#include "storage/base/try.h"
#include "storage/conversations/conversation_store.h"
#include "storage/sqlite/transaction.h"

namespace kvasir::storage {
namespace {

tl::unexpected<Error> no_such_folder() {
  return fail(ErrorCode::NotFound, "This folder no longer exists. Choose another one.");
}

Result<void> check_name(std::string_view name) {
  if (name.empty()) return fail(ErrorCode::BadRequest, "A folder needs a name. Give it one.");
  return {};
}

}  // namespace

Result<std::vector<StoredFolder>> ConversationStore::folders() {
  KVASIR_TRY_ASSIGN(auto rows,
                    database_->prepare("SELECT id, name, collapsed FROM folders ORDER BY position, id"));
  std::vector<StoredFolder> found;
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return found;
    found.push_back({rows.integer(0), rows.text(1), rows.integer(2) != 0});
  }
}

Result<int64_t> ConversationStore::create_folder(std::string_view name) {
  KVASIR_TRY(check_name(name));
  KVASIR_TRY(
      database_->run("INSERT INTO folders (name, position) "
                     "VALUES (?1, (SELECT coalesce(max(position), 0) + 1 FROM folders))",
                     name));
  return database_->last_insert_id();
}

Result<void> ConversationStore::rename_folder(int64_t id, std::string_view name) {
  KVASIR_TRY(check_name(name));
  KVASIR_TRY(database_->run("UPDATE folders SET name = ?2 WHERE id = ?1", id, name));
  if (database_->changes() == 0) return no_such_folder();
  return {};
}

Result<void> ConversationStore::delete_folder(int64_t id) {
  KVASIR_TRY(database_->run("DELETE FROM folders WHERE id = ?1", id));
  if (database_->changes() == 0) return no_such_folder();
  return {};
}

Result<void> ConversationStore::collapse_folder(int64_t id, bool collapsed) {
  KVASIR_TRY(database_->run("UPDATE folders SET collapsed = ?2 WHERE id = ?1", id, int64_t{collapsed}));
  if (database_->changes() == 0) return no_such_folder();
  return {};
}

Result<void> ConversationStore::order_folders(const std::vector<int64_t>& ids) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  for (size_t i = 0; i < ids.size(); ++i)
    KVASIR_TRY(
        database_->run("UPDATE folders SET position = ?2 WHERE id = ?1", ids[i], static_cast<int64_t>(i)));
  return transaction.commit();
}

Result<void> ConversationStore::move_to_folder(int64_t conversation_id, std::optional<int64_t> folder_id) {
  if (folder_id) {
    KVASIR_TRY_ASSIGN(auto found, database_->query("SELECT 1 FROM folders WHERE id = ?1", *folder_id));
    KVASIR_TRY_ASSIGN(const bool exists, found.step());
    if (!exists) return no_such_folder();
  }
  KVASIR_TRY(database_->run("UPDATE conversations SET folder_id = ?2 WHERE id = ?1 AND deleted_at_ms IS NULL",
                            conversation_id, folder_id));
  if (database_->changes() == 0) return conversation(conversation_id).map([](const auto&) {});
  return {};
}

Result<void> ConversationStore::pin_conversations(const std::vector<int64_t>& ids) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  KVASIR_TRY(
      database_->run("UPDATE conversations SET pin_position = NULL "
                     "WHERE pin_position IS NOT NULL AND deleted_at_ms IS NULL"));
  for (size_t i = 0; i < ids.size(); ++i)
    KVASIR_TRY(database_->run("UPDATE conversations SET pin_position = ?2 WHERE id = ?1", ids[i],
                              static_cast<int64_t>(i)));
  return transaction.commit();
}

Result<void> ConversationStore::set_draft(int64_t conversation_id, std::string_view draft) {
  return database_->run("UPDATE conversations SET draft = ?2 WHERE id = ?1", conversation_id, draft);
}

}  // namespace kvasir::storage
