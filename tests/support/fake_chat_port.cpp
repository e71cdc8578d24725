#include "tests/support/fake_chat_port.h"

#include <QTimer>
#include <algorithm>

namespace kvasir::ui {
namespace {

constexpr int kPrefillSteps = 4;

ConversationItem made(qint64 id, const QString& title, const QDateTime& updatedAt) {
  ConversationItem item;
  item.id = id;
  item.title = title;
  item.updatedAt = updatedAt;
  return item;
}

}  // namespace

FakeChatPort::FakeChatPort(QObject* parent) : ChatPort(parent) {
  connect(this, &ChatPort::profileChanged, &list, &ChatListPort::profileChanged);
}

qint64 FakeChatPort::addConversation(const QString& title, const QVector<MessageItem>& items,
                                     const QDateTime& updatedAt) {
  const qint64 id = m_nextId++;
  list.conversations.append(made(id, title, updatedAt));
  for (MessageItem item : items) {
    item.id = m_nextId++;
    messages[id].append(item);
  }
  return id;
}

void FakeChatPort::later(std::function<void()> effect) {
  QTimer::singleShot(0, this, std::move(effect));
}

MessageItem* FakeChatPort::message(qint64 conversationId, qint64 messageId) {
  auto& items = messages[conversationId];
  const auto found = findById(items, messageId);
  return found == items.end() ? nullptr : &*found;
}

void FakeChatPort::openConversation(qint64 id) {
  calls << QStringLiteral("open %1").arg(id);
  later([this, id] { emit messagesLoaded(id, messages.value(id)); });
}

void FakeChatPort::sendMessage(qint64 conversationId, const QString& text, qint64 systemPromptId,
                               const QString& systemText) {
  calls << QStringLiteral("send %1 %2").arg(conversationId).arg(text);
  if (!m_failNextSend.isEmpty()) {
    later([this, sentence = std::exchange(m_failNextSend, {})] { emit failed(sentence); });
    return;
  }
  later([=, this] {
    qint64 id = conversationId;
    if (id == 0) {
      id = m_nextId++;
      ConversationItem created = made(id, text.left(48), QDateTime::currentDateTime());
      created.systemPromptId = systemPromptId;
      created.systemText = systemText;
      list.conversations.append(created);
      emit list.conversationChanged(created);
      emit conversationCreated(id);
    } else if (ConversationItem* changed = list.find(id)) {
      changed->updatedAt = QDateTime::currentDateTime();
      emit list.conversationChanged(*changed);
    }
    ask(id, text);
  });
}

void FakeChatPort::sendPrivately(const QString& text, const QString&) {
  calls << QStringLiteral("send privately %1").arg(text);
  later([=, this] {
    const qint64 id = m_nextId++;
    emit conversationCreated(id);
    ask(id, text);
  });
}

void FakeChatPort::endPrivateChat(qint64 id) {
  calls << QStringLiteral("end %1").arg(id);
  messages.remove(id);
  m_runs.remove(id);
}

void FakeChatPort::ask(qint64 conversationId, const QString& text) {
  MessageItem question;
  question.id = m_nextId++;
  question.text = text;
  messages[conversationId].append(question);
  emit messageAdded(conversationId, question);
  startAnswer(conversationId);
}

void FakeChatPort::retry(qint64 conversationId) {
  calls << QStringLiteral("retry %1").arg(conversationId);
  later([=, this] {
    MessageItem& answer = messages[conversationId].last();
    answer.status = answer.text.isEmpty() ? MessageStatus::Waiting : MessageStatus::Streaming;
    answer.error.clear();
    m_runs[conversationId] = {answer.id, script, 0, 0};
    emit messageChanged(conversationId, answer);
    later([=, this, id = answer.id] { step(conversationId, id); });
  });
}

MessageItem& FakeChatPort::appendAnswer(qint64 conversationId) {
  MessageItem answer;
  answer.id = m_nextId++;
  answer.role = MessageRole::Assistant;
  answer.status = MessageStatus::Waiting;
  messages[conversationId].append(answer);
  m_runs[conversationId] = {answer.id, script, 0, 0};
  later([=, this, id = answer.id] { step(conversationId, id); });
  return messages[conversationId].last();
}

void FakeChatPort::startAnswer(qint64 conversationId) {
  emit messageAdded(conversationId, appendAnswer(conversationId));
}

void FakeChatPort::step(qint64 conversationId, qint64 messageId) {
  const auto run = m_runs.find(conversationId);
  if (run == m_runs.end() || run->messageId != messageId) return;
  if (run->script.prefillTotal > 0 && run->prefillStep <= kPrefillSteps) {
    const int done = run->script.prefillTotal * run->prefillStep++ / kPrefillSteps;
    emit prefillProgress(conversationId, messageId, done, run->script.prefillTotal);
  } else if (run->next < run->script.pieces.size()) {
    grow(conversationId, run->script.pieces[run->next++]);
  } else if (!run->script.error.isEmpty()) {
    finish(conversationId, MessageStatus::Failed, QString(run->script.error));
    return;
  } else if (run->script.holdsAfterPieces) {
    return;
  } else {
    finish(conversationId, MessageStatus::Complete);
    return;
  }
  later([=, this] { step(conversationId, messageId); });
}

void FakeChatPort::grow(qint64 conversationId, const QString& text) {
  const qint64 messageId = m_runs.value(conversationId).messageId;
  if (MessageItem* answer = message(conversationId, messageId)) {
    answer->text += text;
    answer->status = MessageStatus::Streaming;
    emit answerGrew(conversationId, messageId, text);
  }
}

void FakeChatPort::growReasoning(qint64 conversationId, const QString& text, int tokens, double ms) {
  const qint64 messageId = m_runs.value(conversationId).messageId;
  if (MessageItem* answer = message(conversationId, messageId)) {
    answer->reasoning += text;
    answer->reasoningTokens = tokens;
    answer->reasoningMs = ms;
    answer->status = MessageStatus::Streaming;
    emit reasoningGrew(conversationId, messageId, text, tokens, ms);
  }
}

void FakeChatPort::offerThinking(const ThinkingItem& thinking) {
  m_thinking = thinking;
  emit thinkingChanged(m_thinking);
}

void FakeChatPort::setThinking(bool on, int maxTokens) {
  calls << QStringLiteral("thinking %1 %2").arg(on).arg(maxTokens);
  m_thinking.on = on;
  m_thinking.maxTokens = maxTokens;
  later([this] { emit thinkingChanged(m_thinking); });
}

void FakeChatPort::setPrefill(qint64 conversationId, int done, int total) {
  emit prefillProgress(conversationId, m_runs.value(conversationId).messageId, done, total);
}

void FakeChatPort::finishHeld(qint64 conversationId) {
  finish(conversationId, MessageStatus::Complete);
}

void FakeChatPort::finish(qint64 conversationId, MessageStatus status, const QString& error) {
  const Run run = m_runs.take(conversationId);
  MessageItem* answer = message(conversationId, run.messageId);
  if (!answer) return;
  answer->status = status;
  answer->error = error;
  if (status != MessageStatus::Failed) answer->usage = run.script.usage;
  emit messageChanged(conversationId, *answer);
}

void FakeChatPort::stop(qint64 conversationId) {
  calls << QStringLiteral("stop %1").arg(conversationId);
  later([=, this] { finish(conversationId, MessageStatus::Stopped); });
}

void FakeChatPort::setSystemText(qint64 conversationId, qint64 systemPromptId, const QString& text) {
  calls << QStringLiteral("system %1 %2 %3").arg(conversationId).arg(systemPromptId).arg(text);
  if (ConversationItem* changed = list.find(conversationId)) {
    changed->systemPromptId = systemPromptId;
    changed->systemText = text;
    list.report(*changed);
  }
}

void FakeChatPort::loadSystemPrompts() {
  later([this] {
    emit systemPromptsLoaded(prompts);
    emit thinkingChanged(m_thinking);
  });
}

void FakeChatPort::saveSystemPrompt(const SystemPromptItem& prompt) {
  calls << QStringLiteral("save-prompt %1 %2").arg(prompt.id).arg(prompt.name);
  SystemPromptItem saved = prompt;
  if (saved.isDefault) {
    for (SystemPromptItem& other : prompts) other.isDefault = false;
  }
  const auto found = findById(prompts, prompt.id);
  if (prompt.id != 0 && found != prompts.end()) {
    *found = saved;
  } else {
    saved.id = m_nextId++;
    prompts.append(saved);
  }
  loadSystemPrompts();
}

void FakeChatPort::deleteSystemPrompt(qint64 id) {
  calls << QStringLiteral("delete-prompt %1").arg(id);
  prompts.erase(
      std::remove_if(prompts.begin(), prompts.end(), [id](const auto& item) { return item.id == id; }),
      prompts.end());
  loadSystemPrompts();
}

}  // namespace kvasir::ui
