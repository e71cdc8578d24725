#pragma once

#include "app/services/chat_observer.h"
#include "storage/conversations/conversation_store.h"
#include "ui/ports/chat_port.h"

namespace kvasir::app {

// What the services speak of, as the window shows it.
ui::ConversationItem toItem(const storage::StoredConversation& conversation);
ui::MessageItem toItem(const storage::StoredMessage& message);
ui::SystemPromptItem toItem(const storage::StoredSystemPrompt& prompt);
ui::ModelItem toItem(const ModelState& model);
storage::StoredSystemPrompt toStored(const ui::SystemPromptItem& prompt);

}  // namespace kvasir::app
