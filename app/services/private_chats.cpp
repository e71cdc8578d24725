#include "app/services/private_chats.h"

#include "storage/schema/migrations.h"

#include <utility>

namespace kvasir::app {

storage::Result<std::unique_ptr<PrivateChats>> PrivateChats::create() {
  auto database = storage::Database::open_in_memory();
  if (!database) return tl::unexpected(database.error());
  std::unique_ptr<PrivateChats> chats(new PrivateChats);
  chats->database_ = std::make_unique<storage::Database>(std::move(*database));
  if (auto migrated = storage::migrate(*chats->database_); !migrated) return tl::unexpected(migrated.error());
  // Where SQLite counts on from.
  const auto numbered = chats->database_->run(
      "INSERT INTO sqlite_sequence (name, seq) VALUES ('conversations', ?1), ('messages', ?1)", kFirstId - 1);
  if (!numbered) return tl::unexpected(numbered.error());
  auto conversations = storage::ConversationStore::open(*chats->database_);
  if (!conversations) return tl::unexpected(conversations.error());
  chats->conversations_ = std::make_unique<storage::ConversationStore>(std::move(*conversations));
  return chats;
}

}  // namespace kvasir::app
