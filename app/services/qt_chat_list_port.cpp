#include "app/services/qt_chat_list_port.h"

#include "app/services/qt_items.h"

#include <utility>

namespace kvasir::app {

using storage::ConversationStore;

QtChatListPort::QtChatListPort(QtChatPort& chats, QObject* parent)
    : ui::ChatListPort(parent), m_chats(chats) {
  connect(&chats, &ui::ChatPort::profileChanged, this, &ui::ChatListPort::profileChanged);
  connect(&chats, &QtChatPort::conversationReported, this, &ui::ChatListPort::conversationChanged);
}

template <class Change>
void QtChatListPort::changeConversation(qint64 id, Change change) {
  m_chats.withStore(
      [id, change = std::move(change)](ConversationStore& store) {
        return change(store).and_then([&] { return store.conversation(id); });
      },
      [this](const auto& conversation) { emit conversationChanged(toItem(*conversation)); });
}

void QtChatListPort::loadConversations() {
  m_chats.withStore([](ConversationStore& store) { return store.conversations(); },
                    [this](const auto& conversations) {
                      QVector<ui::ConversationItem> items;
                      for (const auto& conversation : *conversations) items.append(toItem(conversation));
                      emit conversationsLoaded(items);
                    });
}

void QtChatListPort::renameConversation(qint64 id, const QString& title) {
  changeConversation(id, [id, title = title.toStdString()](ConversationStore& store) {
    return store.rename_conversation(id, title);
  });
}

void QtChatListPort::deleteConversation(qint64 id) {
  m_chats.stop(id);
  m_chats.withStore([id](ConversationStore& store) { return store.delete_conversation(id); },
                    [this, id](const auto&) { emit conversationRemoved(id); });
}

void QtChatListPort::restoreConversation(qint64 id) {
  changeConversation(id, [id](ConversationStore& store) { return store.restore_conversation(id); });
}

}  // namespace kvasir::app
