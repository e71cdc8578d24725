#include "storage/base/try.h"
#include "storage/conversations/conversation_store.h"
#include "storage/sqlite/transaction.h"

namespace kvasir::storage {
namespace {

tl::unexpected<Error> no_such_prompt() {
  return fail(ErrorCode::NotFound, "This system prompt no longer exists. Save it as a new one.");
}

}  // namespace

Result<std::vector<StoredSystemPrompt>> ConversationStore::system_prompts() {
  KVASIR_TRY_ASSIGN(
      auto rows, database_->prepare("SELECT id, name, text, is_default FROM system_prompts ORDER BY name"));
  std::vector<StoredSystemPrompt> found;
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return found;
    found.push_back({rows.integer(0), rows.text(1), rows.text(2), rows.integer(3) != 0});
  }
}

Result<int64_t> ConversationStore::save_system_prompt(const StoredSystemPrompt& prompt) {
  if (prompt.name.empty()) {
    return fail(ErrorCode::BadRequest, "A system prompt needs a name. Enter one and save it again.");
  }
  const std::string_view name = prompt.name;
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
  {
    KVASIR_TRY_ASSIGN(
        auto taken,
        database_->query("SELECT 1 FROM system_prompts WHERE name = ?1 AND id <> ?2", name, prompt.id));
    KVASIR_TRY_ASSIGN(const bool is_taken, taken.step());
    if (is_taken) {
      return fail(ErrorCode::BadRequest,
                  "There is already a system prompt named “" + prompt.name + "”. Choose another name.");
    }
  }
  if (prompt.is_default) {
    KVASIR_TRY(database_->run("UPDATE system_prompts SET is_default = 0 WHERE id <> ?1", prompt.id));
  }
  int64_t id = prompt.id;
  if (id == 0) {
    KVASIR_TRY(database_->run("INSERT INTO system_prompts (name, text, is_default) VALUES (?1, ?2, ?3)", name,
                              std::string_view(prompt.text), int64_t{prompt.is_default}));
    id = database_->last_insert_id();
  } else {
    KVASIR_TRY(database_->run("UPDATE system_prompts SET name = ?2, text = ?3, is_default = ?4 WHERE id = ?1",
                              id, name, std::string_view(prompt.text), int64_t{prompt.is_default}));
    if (database_->changes() == 0) return no_such_prompt();
  }
  KVASIR_TRY(transaction.commit());
  return id;
}

Result<void> ConversationStore::delete_system_prompt(int64_t id) {
  KVASIR_TRY(database_->run("DELETE FROM system_prompts WHERE id = ?1", id));
  if (database_->changes() == 0) return no_such_prompt();
  return {};
}

}  // namespace kvasir::storage
