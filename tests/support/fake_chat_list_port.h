#pragma once

#include "ui/ports/chat_list_port.h"

#include <QStringList>
#include <functional>

namespace kvasir::ui {

/// A ChatListPort in memory, for tests and the demo. Effects are signalled from the event loop, never from
/// inside a call.
class FakeChatListPort : public ChatListPort {
  Q_OBJECT

 public:
  using ChatListPort::ChatListPort;

  // What is there, for tests to look at and the demo to fill.
  QVector<ConversationItem> conversations;
  QStringList calls;  ///< "rename 1 Hello", "delete 1", …, in order

  /// Null: there is none of this id.
  ConversationItem* find(qint64 id);
  /// Signals that it changed.
  void report(const ConversationItem& conversation);

  void loadConversations() override;
  void renameConversation(qint64 id, const QString& title) override;
  void deleteConversation(qint64 id) override;
  void restoreConversation(qint64 id) override;

 private:
  void later(std::function<void()> effect);

  QVector<ConversationItem> m_deleted;
};

}  // namespace kvasir::ui
