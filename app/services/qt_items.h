#pragma once

#include "app/services/chat_observer.h"
#include "app/services/model_plan.h"
#include "app/settings/remembered_models.h"
#include "storage/conversations/conversation_store.h"
#include "ui/ports/chat_list_port.h"
#include "ui/ports/chat_port.h"
#include "ui/ports/model_port.h"

#include <vector>

namespace kvasir::app {

// What the services speak of, as the window shows it.
ui::ConversationItem toItem(const storage::StoredConversation& conversation);
QVector<ui::FolderItem> toItems(const std::vector<storage::StoredFolder>& folders);
QVector<ui::FoundConversationItem> toItems(const std::vector<storage::FoundConversation>& found);
ui::MessageItem toItem(const storage::StoredMessage& message);
/// But for a system message, which is not shown among the others.
QVector<ui::MessageItem> toItems(const std::vector<storage::StoredMessage>& messages);
ui::SystemPromptItem toItem(const storage::StoredSystemPrompt& prompt);
/// `gpu`: that is to compute.
ui::ModelCardItem toItem(const engine::ModelCard& card, const PhysicalMemory& memory,
                         const std::optional<Gpu>& gpu);
ui::ModelSettingsItem toItem(const ModelSettings& settings);
ui::DeviceItem toItem(const engine::ComputeDevice& device);
ui::RecentModelItem toItem(const RememberedModel& model);
ui::MemoryItem toItem(const PhysicalMemory& memory, const std::optional<Gpu>& gpu);
storage::StoredSystemPrompt toStored(const ui::SystemPromptItem& prompt);
ModelSettings toSettings(const ui::ModelSettingsItem& item);

}  // namespace kvasir::app
