#pragma once

#include "ui/ports/context_port.h"

#include <QHash>
#include <QStringList>

namespace kvasir::ui {

/// A ContextPort in memory, for tests and the demo. Effects are signalled from the event loop, never from
/// inside a call.
class FakeContextPort : public ContextPort {
  Q_OBJECT

 public:
  using ContextPort::ContextPort;

  QStringList calls;  ///< "policy 1 2", "new chats 2", "read again 1 7", in order

  /// Says what a chat takes.
  void measure(qint64 conversationId, const ContextItem& context);

  void choosePolicy(qint64 conversationId, ContextPolicyItem policy) override;
  void chooseForNewChats(ContextPolicyItem policy) override;
  void readAgain(qint64 conversationId, qint64 messageId) override;

 private:
  QHash<qint64, ContextItem> m_contexts;
};

}  // namespace kvasir::ui
