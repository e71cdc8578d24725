#pragma once

#include "storage/conversations/conversation_store.h"

#include <string>
#include <string_view>

namespace kvasir::app {

/// As it is written in settings and exported chats.
std::string_view context_policy_name(storage::ContextPolicy policy);
/// Names that are not known count as Stop.
storage::ContextPolicy context_policy_named(std::string_view name);

/// The policy that a profile's new chats begin with. For the storage thread.
storage::Result<storage::ContextPolicy> read_policy_of_new_chats(storage::ConversationStore& store);
storage::Result<void> keep_policy_of_new_chats(storage::ConversationStore& store,
                                               storage::ContextPolicy policy);

}  // namespace kvasir::app
