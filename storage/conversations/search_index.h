#pragma once

#include "storage/base/result.h"

#include <cstdint>

namespace kvasir::storage {

class Database;

// Keeps the full-text search as what it finds. Every change is between two calls, all in one transaction:
// what the index has of a row is taken out while the row still says it, and put in anew once it has changed.
// A row that is not searched for (a growing answer, a system message, one that is not there) is passed over.

Result<void> remove_title_from_search(Database& database, int64_t conversation_id);
Result<void> add_title_to_search(Database& database, int64_t conversation_id);
Result<void> remove_message_from_search(Database& database, int64_t message_id);
Result<void> add_message_to_search(Database& database, int64_t message_id);
/// All of a new conversation.
Result<void> add_messages_to_search(Database& database, int64_t conversation_id);

/// All that is marked as deleted, before it is purged.
Result<void> remove_deleted_from_search(Database& database);
/// What was taken out is only marked in the index until this merges it into one piece without a trace of it.
/// Takes as long as the index is large.
Result<void> wipe_removed_from_search(Database& database);

}  // namespace kvasir::storage
