#pragma once

#include "storage/conversations/conversation_store.h"
#include "storage/sqlite/database.h"

#include <cstdint>
#include <memory>

namespace kvasir::app {

/// Conversations that are never written: they live in a database in memory and end with it. Their ids, and
/// those of their messages, are no others'. For the storage thread.
class PrivateChats {
 public:
  /// Ids from this one on are private.
  static constexpr int64_t kFirstId = int64_t{1} << 40;
  static bool is_private(int64_t conversation_id) { return conversation_id >= kFirstId; }

  static storage::Result<std::unique_ptr<PrivateChats>> create();

  storage::ConversationStore& conversations() { return *conversations_; }

 private:
  PrivateChats() = default;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::ConversationStore> conversations_;
};

}  // namespace kvasir::app
