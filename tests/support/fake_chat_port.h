#pragma once

#include "tests/support/fake_chat_list_port.h"
#include "ui/ports/chat_port.h"

#include <QHash>
#include <QStringList>
#include <functional>

namespace kvasir::ui {

/// A ChatPort in memory, for tests and the demo. Conversations and prompts behave as the real ones do; what
/// the model says is a script. Effects are signalled from the event loop, never from inside a call.
class FakeChatPort : public ChatPort {
  Q_OBJECT

 public:
  /// What the next answers are. By default, two words at once.
  struct Script {
    QStringList pieces{QStringLiteral("Hello "), QStringLiteral("there.")};
    QString error;                  ///< fails with it after the pieces
    int prefillTotal = 0;           ///< reports progress in four steps before the first piece
    bool holdsAfterPieces = false;  ///< goes on "generating" until it is stopped or `finishHeld`
    UsageItem usage{true, 32, 0, 0, 12, 40, 50};
  };

  explicit FakeChatPort(QObject* parent = nullptr);

  Script script;

  // What is there, for tests to look at and the demo to fill.
  FakeChatListPort list;  ///< of the chats whose messages these are
  QHash<qint64, QVector<MessageItem>> messages;
  QVector<SystemPromptItem> prompts;
  QStringList calls;  ///< "send 1 Hello", "stop 1", …, in order

  qint64 addConversation(const QString& title, const QVector<MessageItem>& items,
                         const QDateTime& updatedAt = QDateTime::currentDateTime());
  /// An answer's further text, its progress and its end, by hand.
  void grow(qint64 conversationId, const QString& text);
  void growReasoning(qint64 conversationId, const QString& text, int tokens, double ms);
  void setPrefill(qint64 conversationId, int done, int total);
  /// What the model can do, and what is chosen.
  void offerThinking(const ThinkingItem& thinking);
  void finishHeld(qint64 conversationId);
  /// The next call to `sendMessage` fails with this sentence.
  void failNextSend(const QString& sentence) { m_failNextSend = sentence; }

  void openConversation(qint64 id) override;
  void sendMessage(qint64 conversationId, const QString& text, qint64 systemPromptId,
                   const QString& systemText) override;
  void sendPrivately(const QString& text, const QString& systemText) override;
  void endPrivateChat(qint64 id) override;
  void retry(qint64 conversationId) override;
  void stop(qint64 conversationId) override;
  void regenerate(qint64 messageId) override;
  void editMessage(qint64 messageId, const QString& text) override;
  void showAlternative(qint64 messageId, int alternative) override;
  /// Where it is an alternative to one that is shown.
  void showMessage(qint64 messageId) override;
  void deleteMessage(qint64 messageId) override;
  void restoreMessage(qint64 conversationId, qint64 messageId) override;
  void forkConversation(qint64 messageId) override;
  void setSystemText(qint64 conversationId, qint64 systemPromptId, const QString& text) override;
  void setThinking(bool on, int maxTokens) override;
  void loadSystemPrompts() override;
  void saveSystemPrompt(const SystemPromptItem& prompt) override;
  void deleteSystemPrompt(qint64 id) override;

 private:
  struct Run {
    qint64 messageId = 0;
    Script script;
    qsizetype next = 0;
    int prefillStep = 0;
  };

  /// Messages from an alternative to the one that is shown on.
  struct Tail {
    qint64 conversationId = 0;
    qint64 parentId = 0;
    QVector<MessageItem> messages;
  };
  /// Where a message that is shown stands.
  struct Place {
    qint64 conversationId = 0;
    qsizetype row = 0;
    qint64 parentId = 0;
  };

  void later(std::function<void()> effect);
  Place placeOf(qint64 messageId) const;
  /// Takes what is shown from this place on away.
  Tail takeTail(const Place& place);
  void showTail(const Tail& tail);
  /// In the place of the alternative that is shown now.
  void showHidden(const Place& place, qint64 wanted);
  /// Counts the alternatives anew and signals what is shown from there on.
  void reportBranch(const Place& place);
  QVector<MessageItem*> alternativesAt(qint64 conversationId, qint64 parentId);
  MessageItem* message(qint64 conversationId, qint64 messageId);
  void ask(qint64 conversationId, const QString& text);
  void startAnswer(qint64 conversationId);
  MessageItem& appendAnswer(qint64 conversationId);
  void step(qint64 conversationId, qint64 messageId);
  void finish(qint64 conversationId, MessageStatus status, const QString& error = {});

  QHash<qint64, Run> m_runs;  ///< by conversation
  QVector<Tail> m_hidden;     ///< alternatives that are not shown
  QVector<Tail> m_removed;    ///< and those that can be restored
  ThinkingItem m_thinking;
  QString m_failNextSend;
  qint64 m_nextId = 1;
};

}  // namespace kvasir::ui
