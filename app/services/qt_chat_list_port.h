#pragma once

#include "app/services/qt_chat_port.h"
#include "ui/ports/chat_list_port.h"

namespace kvasir::app {

/// The window's port onto the list of chats, of whatever profile `QtChatPort` speaks of.
///
/// Lives in the GUI thread; the database is asked on the storage thread. What fails is said by the
/// `QtChatPort`.
class QtChatListPort final : public ui::ChatListPort {
  Q_OBJECT

 public:
  /// `chats` must outlive the port.
  explicit QtChatListPort(QtChatPort& chats, QObject* parent = nullptr);

  void loadConversations() override;
  void renameConversation(qint64 id, const QString& title) override;
  void deleteConversation(qint64 id) override;
  void restoreConversation(qint64 id) override;

 private:
  /// Runs a change on the storage thread, then tells how the conversation is.
  template <class Change>
  void changeConversation(qint64 id, Change change);

  QtChatPort& m_chats;
};

}  // namespace kvasir::app
