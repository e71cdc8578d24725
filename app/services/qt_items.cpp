#include "app/services/qt_items.h"

#include <QLocale>
#include <QObject>

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

QString modelDetail(const ModelState& model) {
  const QLocale locale;
  const QString threads =
      model.threads == 1 ? QObject::tr("1 thread") : QObject::tr("%1 threads").arg(model.threads);
  return QObject::tr("%1 · %2 · context %3 · CPU, %4")
      .arg(QString::fromStdString(model.weight_type),
           locale.formattedDataSize(qint64(model.file_bytes), 1, QLocale::DataSizeSIFormat),
           locale.toString(model.context_tokens), threads);
}

}  // namespace

ui::ConversationItem toItem(const storage::StoredConversation& conversation) {
  ui::ConversationItem item;
  item.id = conversation.id;
  item.title = QString::fromStdString(conversation.title);
  item.updatedAt = QDateTime::fromMSecsSinceEpoch(conversation.updated_at_ms);
  item.systemPromptId = conversation.system_prompt_id.value_or(0);
  item.systemText = QString::fromStdString(conversation.system_text);
  return item;
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
  item.error = QString::fromStdString(message.error);
  item.model = QString::fromStdString(message.model);
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

ui::ModelItem toItem(const ModelState& model) {
  ui::ModelItem item;
  switch (model.stage) {
    case ModelState::Stage::None:
      item.state = ui::ModelItem::State::None;
      break;
    case ModelState::Stage::Loading:
      item.state = ui::ModelItem::State::Loading;
      break;
    case ModelState::Stage::Ready:
      item.state = ui::ModelItem::State::Ready;
      item.detail = modelDetail(model);
      break;
    case ModelState::Stage::Failed:
      item.state = ui::ModelItem::State::Failed;
      break;
  }
  item.name = QString::fromStdString(model.name);
  item.note = QString::fromStdString(model.note);
  item.contextTokens = int(model.context_tokens);
  return item;
}

}  // namespace kvasir::app
