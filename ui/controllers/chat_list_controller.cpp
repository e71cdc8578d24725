#include "ui/controllers/chat_list_controller.h"

namespace kvasir::ui {

ChatListController::ChatListController(ChatListPort &port, QObject *parent)
    : QObject(parent)
    , m_port(port)
{
    connect(&port, &ChatListPort::profileChanged, this, &ChatListController::onProfileChanged);
    connect(&port, &ChatListPort::conversationsLoaded, this,
            [this](const QVector<ConversationItem> &conversations) {
                m_conversations.reset(conversations);
                emit reloaded();
            });
    connect(&port, &ChatListPort::conversationChanged, this, [this](const ConversationItem &conversation) {
        m_conversations.put(conversation);
        emit changed(conversation.id);
    });
    connect(&port, &ChatListPort::conversationRemoved, this, &ChatListController::onRemoved);
    m_port.loadConversations();
}

void ChatListController::rename(qint64 id, const QString &title)
{
    const QString trimmed = title.simplified();
    const auto conversation = find(id);
    if (conversation && !trimmed.isEmpty() && trimmed != conversation->title)
        m_port.renameConversation(id, trimmed);
}

void ChatListController::remove(qint64 id)
{
    const auto conversation = find(id);
    if (!conversation)
        return;
    m_deletedId = id;
    m_deletedTitle = conversation->title;
    emit deletedChanged();
    m_port.deleteConversation(id);
}

void ChatListController::undoRemove()
{
    const qint64 id = m_deletedId;
    dismissUndo();
    if (id != 0)
        m_port.restoreConversation(id);
}

void ChatListController::dismissUndo()
{
    if (m_deletedId == 0)
        return;
    m_deletedId = 0;
    m_deletedTitle.clear();
    emit deletedChanged();
}

void ChatListController::onProfileChanged()
{
    m_conversations.reset({});
    dismissUndo();
    emit reloaded();
    m_port.loadConversations();
}

void ChatListController::onRemoved(qint64 id)
{
    const int row = m_conversations.rowOf(id);
    m_conversations.remove(id);
    const qint64 next = m_conversations.idAt(row);
    emit removed(id, next != 0 ? next : m_conversations.idAt(row - 1));
}

} // namespace kvasir::ui
