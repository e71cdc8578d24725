#include "ui/controllers/chat_list_controller.h"

namespace kvasir::ui {

ChatListController::ChatListController(ChatListPort &port, QObject *parent)
    : QObject(parent)
    , m_port(port)
{
    connect(&port, &ChatListPort::profileChanged, this, &ChatListController::onProfileChanged);
    connect(&port, &ChatListPort::profileLeaving, this, &ChatListController::leaving);
    connect(&port, &ChatListPort::foldersLoaded, this, [this](const QVector<FolderItem> &folders) {
        m_conversations.setFolders(folders);
        emit foldersChanged();
    });
    connect(&port, &ChatListPort::folderCreated, this,
            [this](qint64 id) { emit folderCreated(m_conversations.rowOfFolder(id)); });
    connect(&port, &ChatListPort::newDraftLoaded, this, &ChatListController::newDraftLoaded);
    connect(&port, &ChatListPort::conversationsPinned, this,
            [this](const QVector<qint64> &ids) { m_conversations.setPinned(ids); });
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
    m_conversations.setFolders({});
    emit foldersChanged();
    dismissUndo();
    emit reloaded();
    m_port.loadConversations();
}

void ChatListController::onRemoved(qint64 id)
{
    const qint64 neighbour = m_conversations.neighbourOf(id);
    m_conversations.remove(id);
    emit removed(id, neighbour);
}

} // namespace kvasir::ui
