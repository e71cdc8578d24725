#include "app/services/qt_context_port.h"

namespace kvasir::app {

static_assert(int(storage::ContextPolicy::DropOldest) == int(ui::ContextPolicyItem::DropOldest));

QtContextPort::QtContextPort(QtChatPort& chats, QObject* parent) : ui::ContextPort(parent), m_chats(chats) {
  connect(&chats, &QtChatPort::contextReported, this, [this](qint64 id, const ContextUse& use) {
    emit measured(id, {int(use.system_tokens), int(use.chat_tokens), int(use.left_out_messages),
                       ui::ContextPolicyItem(use.policy)});
  });
  connect(&chats, &QtChatPort::summarisingReported, this, &ui::ContextPort::summarising);
}

void QtContextPort::choosePolicy(qint64 conversationId, ui::ContextPolicyItem policy) {
  if (auto* service = m_chats.service())
    service->set_context_policy(conversationId, storage::ContextPolicy(policy));
}

void QtContextPort::readAgain(qint64 conversationId, qint64 messageId) {
  if (auto* service = m_chats.service()) service->read_again(conversationId, messageId);
}

}  // namespace kvasir::app
