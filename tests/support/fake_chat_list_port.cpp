#include "tests/support/fake_chat_list_port.h"

#include <QTimer>
#include <algorithm>

namespace kvasir::ui {
namespace {

template <typename Items>
auto findById(Items& items, qint64 id) {
  return std::find_if(items.begin(), items.end(), [id](const auto& item) { return item.id == id; });
}

}  // namespace

void FakeChatListPort::later(std::function<void()> effect) {
  QTimer::singleShot(0, this, std::move(effect));
}

ConversationItem* FakeChatListPort::find(qint64 id) {
  const auto found = findById(conversations, id);
  return found == conversations.end() ? nullptr : &*found;
}

void FakeChatListPort::report(const ConversationItem& conversation) {
  later([this, conversation] { emit conversationChanged(conversation); });
}

void FakeChatListPort::loadConversations() {
  later([this] { emit conversationsLoaded(conversations); });
}

void FakeChatListPort::renameConversation(qint64 id, const QString& title) {
  calls << QStringLiteral("rename %1 %2").arg(id).arg(title);
  if (ConversationItem* changed = find(id)) {
    changed->title = title;
    report(*changed);
  }
}

void FakeChatListPort::deleteConversation(qint64 id) {
  calls << QStringLiteral("delete %1").arg(id);
  if (const ConversationItem* gone = find(id)) {
    m_deleted.append(*gone);
    conversations.erase(findById(conversations, id));
    later([this, id] { emit conversationRemoved(id); });
  }
}

void FakeChatListPort::restoreConversation(qint64 id) {
  calls << QStringLiteral("restore %1").arg(id);
  const auto found = findById(m_deleted, id);
  if (found == m_deleted.end()) return;
  conversations.append(*found);
  report(*found);
  m_deleted.erase(found);
}

}  // namespace kvasir::ui
