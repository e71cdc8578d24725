#include "app/services/qt_items.h"

#include <algorithm>

namespace kvasir::app {
namespace {

ui::MessageStatus toItem(storage::MessageStatus status) {
  switch (status) {
    case storage::MessageStatus::Complete:
      return ui::MessageStatus::Complete;
    case storage::MessageStatus::Streaming:
      return ui::MessageStatus::Streaming;
    case storage::MessageStatus::Stopped:
      return ui::MessageStatus::Stopped;
    case storage::MessageStatus::Length:
      return ui::MessageStatus::Length;
    case storage::MessageStatus::Failed:
      return ui::MessageStatus::Failed;
    case storage::MessageStatus::Interrupted:
      return ui::MessageStatus::Interrupted;
  }
  return ui::MessageStatus::Complete;
}

/// As a piece of HTML.
QString toMarked(const storage::FoundText& found) {
  const auto piece = [&](size_t begin, size_t end) {
    return QString::fromStdString(found.text.substr(begin, end - begin)).toHtmlEscaped();
  };
  QString html;
  size_t at = 0;
  for (const auto& mark : found.marks) {
    html +=
        piece(at, mark.begin) + QStringLiteral("<b>") + piece(mark.begin, mark.end) + QStringLiteral("</b>");
    at = mark.end;
  }
  return html + piece(at, found.text.size());
}

}  // namespace

QVector<ui::FolderItem> toItems(const std::vector<storage::StoredFolder>& folders) {
  QVector<ui::FolderItem> items;
  for (const auto& folder : folders)
    items.append({folder.id, QString::fromStdString(folder.name), folder.collapsed});
  return items;
}

QVector<ui::FoundConversationItem> toItems(const std::vector<storage::FoundConversation>& found) {
  QVector<ui::FoundConversationItem> items;
  for (const auto& conversation : found) {
    ui::FoundConversationItem item{
        conversation.id, toMarked(conversation.title), {}, int(conversation.further_messages)};
    for (const auto& message : conversation.messages)
      item.messages.append({message.id, message.is_answer, toMarked(message.text)});
    items.append(item);
  }
  return items;
}

ui::ConversationItem toItem(const storage::StoredConversation& conversation) {
  ui::ConversationItem item;
  item.id = conversation.id;
  item.title = QString::fromStdString(conversation.title);
  item.updatedAt = QDateTime::fromMSecsSinceEpoch(conversation.updated_at_ms);
  item.systemPromptId = conversation.system_prompt_id.value_or(0);
  item.systemText = QString::fromStdString(conversation.system_text);
  item.folderId = conversation.folder_id.value_or(0);
  item.pinPosition = int(conversation.pin_position.value_or(-1));
  item.draft = QString::fromStdString(conversation.draft);
  return item;
}

QVector<ui::MessageItem> toItems(const std::vector<storage::StoredMessage>& messages) {
  QVector<ui::MessageItem> items;
  for (const auto& message : messages)
    if (message.role != storage::MessageRole::System) items.append(toItem(message));
  return items;
}

ui::MessageItem toItem(const storage::StoredMessage& message) {
  ui::MessageItem item;
  item.id = message.id;
  item.role =
      message.role == storage::MessageRole::Assistant ? ui::MessageRole::Assistant : ui::MessageRole::User;
  item.status = toItem(message.status);
  if (item.status == ui::MessageStatus::Streaming && message.text.empty() && message.reasoning_tokens == 0)
    item.status = ui::MessageStatus::Waiting;
  item.text = QString::fromStdString(message.text);
  item.reasoning = QString::fromStdString(message.reasoning);
  item.reasoningTokens = int(message.reasoning_tokens);
  item.reasoningMs = message.reasoning_ms;
  item.alternative = int(message.alternative);
  item.alternatives = int(message.alternatives);
  item.error = QString::fromStdString(message.error);
  item.model = QString::fromStdString(message.model);
  item.beginsContext = message.context_summary.has_value();
  item.contextSummary = QString::fromStdString(message.context_summary.value_or(""));
  if (message.edited) item.editedAt = QDateTime::fromMSecsSinceEpoch(message.created_at_ms);
  if (const auto& usage = message.usage) {
    item.usage.valid = true;
    item.usage.promptTokens = int(usage->prompt_tokens);
    item.usage.hitTokens = int(usage->prompt_cache_hit_tokens);
    item.usage.diskTokens = int(usage->prompt_cache_disk_tokens);
    item.usage.completionTokens = int(usage->completion_tokens);
    item.usage.firstTokenMs = usage->ttft_ms;
    item.usage.tokensPerSecond = usage->decode_tokens_per_second;
  }
  return item;
}

ui::SystemPromptItem toItem(const storage::StoredSystemPrompt& prompt) {
  return {prompt.id, QString::fromStdString(prompt.name), QString::fromStdString(prompt.text),
          prompt.is_default};
}

storage::StoredSystemPrompt toStored(const ui::SystemPromptItem& prompt) {
  storage::StoredSystemPrompt stored;
  stored.id = prompt.id;
  stored.name = prompt.name.toStdString();
  stored.text = prompt.text.toStdString();
  stored.is_default = prompt.isDefault;
  return stored;
}

ui::ModelCardItem toItem(const engine::ModelCard& card, const PhysicalMemory& memory,
                         const std::optional<Gpu>& gpu) {
  using engine::KvType;
  const uint64_t total_bytes = gpu ? gpu->total_bytes : memory.total_bytes;
  ui::ModelCardItem item;
  item.path = QString::fromStdString(card.path.string());
  item.name = QString::fromStdString(card.config.name);
  item.architecture = QString::fromStdString(card.config.architecture);
  item.quantisation = QString::fromStdString(card.quantisation());
  item.licence = QString::fromStdString(card.licence);
  item.parameters = card.parameters;
  item.activeParameters = card.active_parameters;
  item.fileBytes = card.file_bytes;
  item.blocks = int(card.config.num_hidden_layers);
  item.experts = int(card.config.n_routed_experts);
  item.expertsPerToken = int(card.config.num_experts_per_tok);
  item.contextLimit = int(card.config.max_position_embeddings);
  item.automaticContextF16 = int(automatic_context_tokens(card, KvType::F16, total_bytes));
  item.automaticContextEightBit = int(automatic_context_tokens(card, KvType::Q8_0, total_bytes));
  item.fixedBytes = engine::memory_estimate(card, 0, KvType::F16).fixed_bytes();
  item.kvBytesPerTokenF16 = card.kv_bytes_per_token(KvType::F16);
  item.kvBytesPerTokenEightBit = card.kv_bytes_per_token(KvType::Q8_0);
  return item;
}

ui::ModelSettingsItem toItem(const ModelSettings& settings) {
  return {int(settings.context_tokens),
          settings.kv_type == engine::KvType::Q8_0 ? ui::KvTypeItem::EightBit : ui::KvTypeItem::F16,
          int(settings.threads), settings.on_gpu, int(settings.vram_mib)};
}

ui::DeviceItem toItem(const engine::ComputeDevice& device) {
  return {QString::fromStdString(device.name),
          int(device.expert_blocks),
          int(device.expert_blocks_on_device),
          device.device_bytes,
          {}};
}

ModelSettings toSettings(const ui::ModelSettingsItem& item) {
  ModelSettings settings;
  settings.context_tokens = uint32_t(std::max(0, item.contextTokens));
  settings.kv_type = item.kvType == ui::KvTypeItem::EightBit ? engine::KvType::Q8_0 : engine::KvType::F16;
  settings.threads = unsigned(std::max(0, item.threads));
  settings.on_gpu = item.onGpu;
  settings.vram_mib = uint32_t(std::max(0, item.vramMib));
  return settings;
}

ui::RecentModelItem toItem(const RememberedModel& model) {
  return {QString::fromStdString(model.path.string()), QString::fromStdString(model.name),
          QString::fromStdString(model.quantisation)};
}

ui::MemoryItem toItem(const PhysicalMemory& memory, const std::optional<Gpu>& gpu) {
  ui::MemoryItem item{memory.total_bytes, memory.available_bytes, {}, 0, 0};
  if (gpu) {
    item.gpuName = QString::fromStdString(gpu->name);
    item.gpuTotalBytes = gpu->total_bytes;
    item.gpuFreeBytes = gpu->free_bytes;
  }
  return item;
}

}  // namespace kvasir::app
