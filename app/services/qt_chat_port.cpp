#include "app/services/qt_chat_port.h"

#include "app/services/qt_items.h"

#include <algorithm>
#include <utility>

namespace kvasir::app {

using storage::ConversationStore;

namespace {

std::optional<int64_t> optionalId(qint64 id) {
  return id == 0 ? std::nullopt : std::optional<int64_t>(id);
}

}  // namespace

QtChatPort::QtChatPort(const ChatSettings& settings, QObject* parent)
    : ui::ChatPort(parent), m_settings(settings) {}

QtChatPort::~QtChatPort() = default;

void QtChatPort::attach(Profile& profile) {
  m_chats = std::make_unique<ChatService>(profile, *this);
  withStore([](ConversationStore& store) { return read_thinking_settings(store); },
            [this](const auto& kept) {
              m_settings.thinking = *kept;
              showThinking();
            });
  emit profileChanged();
}

std::unique_ptr<ChatService> QtChatPort::detach() {
  emit aboutToDetach();
  return std::move(m_chats);
}

void QtChatPort::loadModel(const ModelRequest& request) {
  if (m_chats) m_chats->load_model(request);
}

void QtChatPort::inStore(std::function<void(ConversationStore&)> job) {
  if (m_chats) m_chats->with_store(std::move(job));
}

void QtChatPort::readSetting(const std::string& key,
                             std::function<void(const std::optional<std::string>&)> then) {
  inStore([this, key, then = std::move(then)](ConversationStore& store) {
    const auto value = store.setting(key);
    inGuiThread([then, value = value ? *value : std::nullopt] { then(value); });
  });
}

void QtChatPort::keepSetting(const std::string& key, const std::string& value) {
  withStore([key, value](ConversationStore& store) { return store.set_setting(key, value); },
            [](const auto&) {});
}

void QtChatPort::openConversation(qint64 id) {
  withStoreOf(
      id, [id](ConversationStore& store) { return store.messages(id); },
      [this, id](const auto& messages) { emit messagesLoaded(id, toItems(*messages)); });
  if (m_chats) m_chats->select(id);
}

void QtChatPort::sendMessage(qint64 conversationId, const QString& text, qint64 systemPromptId,
                             const QString& systemText) {
  SendRequest request;
  request.conversation_id = conversationId;
  request.text = text.toStdString();
  request.system_text = systemText.toStdString();
  request.system_prompt_id = optionalId(systemPromptId);
  request.settings = m_settings;
  if (m_chats) m_chats->send(std::move(request));
}

void QtChatPort::sendPrivately(const QString& text, const QString& systemText) {
  SendRequest request;
  request.is_private = true;
  request.text = text.toStdString();
  request.system_text = systemText.toStdString();
  request.settings = m_settings;
  if (m_chats) m_chats->send(std::move(request));
}

void QtChatPort::endPrivateChat(qint64 id) {
  if (m_chats) m_chats->forget_private(id);
}

void QtChatPort::retry(qint64 conversationId) {
  if (m_chats) m_chats->retry(conversationId, m_settings);
}

void QtChatPort::stop(qint64 conversationId) {
  if (m_chats) m_chats->stop(conversationId);
}

void QtChatPort::regenerate(qint64 messageId) {
  if (m_chats) m_chats->regenerate(messageId, m_settings);
}

void QtChatPort::editMessage(qint64 messageId, const QString& text) {
  if (m_chats) m_chats->edit(messageId, text.toStdString(), m_settings);
}

void QtChatPort::showAlternative(qint64 messageId, int alternative) {
  if (m_chats) m_chats->show_alternative(messageId, size_t(std::max(0, alternative)));
}

void QtChatPort::showMessage(qint64 messageId) {
  if (m_chats) m_chats->show_message(messageId);
}

void QtChatPort::deleteMessage(qint64 messageId) {
  if (m_chats) m_chats->delete_message(messageId);
}

void QtChatPort::restoreMessage(qint64 conversationId, qint64 messageId) {
  if (m_chats) m_chats->restore_message(conversationId, messageId);
}

void QtChatPort::forkConversation(qint64 messageId) {
  if (m_chats) m_chats->fork(messageId);
}

void QtChatPort::setSystemText(qint64 conversationId, qint64 systemPromptId, const QString& text) {
  const auto promptId = PrivateChats::is_private(conversationId) ? std::nullopt : optionalId(systemPromptId);
  withStoreOf(
      conversationId,
      [=, text = text.toStdString()](ConversationStore& store) {
        return store.set_system_text(conversationId, text, promptId).and_then([&] {
          return store.conversation(conversationId);
        });
      },
      [this](const auto& conversation) { report(toItem(*conversation)); });
}

void QtChatPort::setThinking(bool on, int maxTokens) {
  m_settings.thinking = {on, uint32_t(std::max(0, maxTokens))};
  showThinking();
  withStore(
      [kept = m_settings.thinking](ConversationStore& store) { return keep_thinking_settings(store, kept); },
      [](const auto&) {});
}

void QtChatPort::showThinking() {
  emit thinkingChanged(
      {m_modelThinks, m_thinkingOptional, m_settings.thinking.on, int(m_settings.thinking.max_tokens)});
}

void QtChatPort::loadSystemPrompts() {
  withStore([](ConversationStore& store) { return store.system_prompts(); },
            [this](const auto& prompts) {
              QVector<ui::SystemPromptItem> items;
              for (const auto& prompt : *prompts) items.append(toItem(prompt));
              emit systemPromptsLoaded(items);
            });
}

void QtChatPort::saveSystemPrompt(const ui::SystemPromptItem& prompt) {
  withStore(
      [stored = toStored(prompt)](ConversationStore& store) { return store.save_system_prompt(stored); },
      [this](const auto&) { loadSystemPrompts(); });
}

void QtChatPort::deleteSystemPrompt(qint64 id) {
  withStore([id](ConversationStore& store) { return store.delete_system_prompt(id); },
            [this](const auto&) { loadSystemPrompts(); });
}

void QtChatPort::report(const ui::ConversationItem& conversation) {
  if (!PrivateChats::is_private(conversation.id)) emit conversationReported(conversation);
}

void QtChatPort::conversation_created(const storage::StoredConversation& conversation) {
  inGuiThread([this, item = toItem(conversation)] {
    report(item);
    emit conversationCreated(item.id);
  });
}

void QtChatPort::conversation_changed(const storage::StoredConversation& conversation) {
  inGuiThread([this, item = toItem(conversation)] { report(item); });
}

void QtChatPort::message_added(const storage::StoredMessage& message) {
  inGuiThread([this, conversationId = message.conversation_id, item = toItem(message)] {
    emit messageAdded(conversationId, item);
  });
}

void QtChatPort::branch_changed(int64_t conversationId, std::optional<int64_t> parent,
                                const std::vector<storage::StoredMessage>& behind) {
  inGuiThread([this, conversationId, parentId = parent.value_or(0), items = toItems(behind)] {
    emit branchChanged(conversationId, parentId, items);
  });
}

void QtChatPort::conversation_forked(const storage::StoredConversation& conversation) {
  inGuiThread([this, item = toItem(conversation)] {
    emit conversationReported(item);
    emit conversationForked(item.id);
  });
}

void QtChatPort::prefill_progress(int64_t conversationId, int64_t messageId, uint32_t doneTokens,
                                  uint32_t totalTokens) {
  inGuiThread(
      [=, this] { emit prefillProgress(conversationId, messageId, int(doneTokens), int(totalTokens)); });
}

void QtChatPort::answer_grew(int64_t conversationId, int64_t messageId, const AnswerGrowth& added) {
  inGuiThread([=, this] {
    if (added.reasoning_tokens > 0 && (added.text.empty() || !added.reasoning.empty()))
      emit reasoningGrew(conversationId, messageId, QString::fromStdString(added.reasoning),
                         int(added.reasoning_tokens), added.reasoning_ms);
    if (!added.text.empty()) emit answerGrew(conversationId, messageId, QString::fromStdString(added.text));
  });
}

void QtChatPort::message_changed(const storage::StoredMessage& message) {
  inGuiThread([this, conversationId = message.conversation_id, item = toItem(message)] {
    emit messageChanged(conversationId, item);
  });
}

void QtChatPort::context_measured(int64_t conversationId, const ContextUse& use) {
  inGuiThread([=, this] { emit contextReported(conversationId, use); });
}

void QtChatPort::summarising(int64_t conversationId, bool on) {
  inGuiThread([=, this] { emit summarisingReported(conversationId, on); });
}

void QtChatPort::model_changed(const ModelState& model) {
  inGuiThread([this, model] {
    m_modelThinks = model.thinks;
    m_thinkingOptional = model.thinking_optional;
    showThinking();
    emit modelReported(model);
  });
}

void QtChatPort::saving_changed(bool, const std::string& message) {
  failed(message);
}

void QtChatPort::failed(const std::string& message) {
  inGuiThread([this, text = QString::fromStdString(message)] { emit ChatPort::failed(text); });
}

}  // namespace kvasir::app
