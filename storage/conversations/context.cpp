#include "storage/base/try.h"
#include "storage/conversations/conversation_store.h"

namespace kvasir::storage {

Result<void> ConversationStore::set_context_policy(int64_t conversation_id, ContextPolicy policy) {
  return database_->run("UPDATE conversations SET context_policy = ?2 WHERE id = ?1", conversation_id,
                        static_cast<int64_t>(policy));
}

Result<void> ConversationStore::set_context_summary(int64_t message_id,
                                                    const std::optional<std::string>& summary) {
  return database_->run("UPDATE messages SET context_summary = ?2 WHERE id = ?1", message_id, summary);
}

}  // namespace kvasir::storage
