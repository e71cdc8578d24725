#pragma once

#include "app/services/qt_chat_port.h"
#include "ui/ports/context_port.h"

namespace kvasir::app {

/// The window's port onto the context that a chat takes, of whatever profile `QtChatPort` speaks of.
///
/// Lives in the GUI thread. What fails is said by the `QtChatPort`.
class QtContextPort final : public ui::ContextPort {
  Q_OBJECT

 public:
  /// `chats` must outlive the port.
  explicit QtContextPort(QtChatPort& chats, QObject* parent = nullptr);

  void choosePolicy(qint64 conversationId, ui::ContextPolicyItem policy) override;
  void chooseForNewChats(ui::ContextPolicyItem policy) override;
  void readAgain(qint64 conversationId, qint64 messageId) override;

 private:
  QtChatPort& m_chats;
};

}  // namespace kvasir::app
