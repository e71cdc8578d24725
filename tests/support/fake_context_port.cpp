#include "tests/support/fake_context_port.h"

namespace kvasir::ui {

void FakeContextPort::measure(qint64 conversationId, const ContextItem& context) {
  m_contexts[conversationId] = context;
  QMetaObject::invokeMethod(
      this, [=, this] { emit measured(conversationId, context); }, Qt::QueuedConnection);
}

void FakeContextPort::choosePolicy(qint64 conversationId, ContextPolicyItem policy) {
  calls << QStringLiteral("policy %1 %2").arg(conversationId).arg(int(policy));
  ContextItem context = m_contexts.value(conversationId);
  context.policy = policy;
  measure(conversationId, context);
}

void FakeContextPort::chooseForNewChats(ContextPolicyItem policy) {
  calls << QStringLiteral("new chats %1").arg(int(policy));
  QMetaObject::invokeMethod(
      this, [=, this] { emit newChatsPolicyChanged(policy); }, Qt::QueuedConnection);
}

void FakeContextPort::readAgain(qint64 conversationId, qint64 messageId) {
  calls << QStringLiteral("read again %1 %2").arg(conversationId).arg(messageId);
}

}  // namespace kvasir::ui
