#pragma once

#include "storage/conversations/conversation_store.h"
#include "storage/kv/disk_block_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kvasir::app {

/// How a conversation is named among those who use blocks: "conversation:12".
std::string conversation_owner(int64_t conversation_id);
/// The conversation that such a name names; nothing for other names.
std::optional<int64_t> conversation_of(std::string_view owner);

/// Releases what conversations use that are deleted for good. Hidden ones, which can be restored, keep
/// theirs. For the storage thread.
storage::Result<void> release_deleted_conversations(storage::ConversationStore& conversations,
                                                    storage::DiskBlockStore& blocks);

}  // namespace kvasir::app
