#include "app/services/qt_context_port.h"

#include "app/settings/context_settings.h"

namespace kvasir::app {

static_assert(int(storage::ContextPolicy::DropOldest) == int(ui::ContextPolicyItem::DropOldest));

QtContextPort::QtContextPort(QtChatPort& chats, QObject* parent) : ui::ContextPort(parent), m_chats(chats) {
  connect(&chats, &QtChatPort::contextReported, this, [this](qint64 id, const ContextUse& use) {
    emit measured(id, {int(use.system_tokens), int(use.chat_tokens), int(use.left_out_messages),
                       ui::ContextPolicyItem(use.policy)});
  });
  connect(&chats, &ui::ChatPort::profileChanged, this, [this] {
    m_chats.withStore(
        [](auto& store) { return read_policy_of_new_chats(store); },
        [this](const auto& policy) { emit newChatsPolicyChanged(ui::ContextPolicyItem(*policy)); });
  });
  connect(&chats, &QtChatPort::summarisingReported, this, &ui::ContextPort::summarising);
}

void QtContextPort::choosePolicy(qint64 conversationId, ui::ContextPolicyItem policy) {
  if (auto* service = m_chats.service())
    service->set_context_policy(conversationId, storage::ContextPolicy(policy));
}

void QtContextPort::chooseForNewChats(ui::ContextPolicyItem policy) {
  m_chats.withStore(
      [policy](auto& store) { return keep_policy_of_new_chats(store, storage::ContextPolicy(policy)); },
      [this, policy](const auto&) { emit newChatsPolicyChanged(policy); });
}

void QtContextPort::readAgain(qint64 conversationId, qint64 messageId) {
  if (auto* service = m_chats.service()) service->read_again(conversationId, messageId);
}

}  // namespace kvasir::app
