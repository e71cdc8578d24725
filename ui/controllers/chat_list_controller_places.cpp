// The part of the list's controller that deals with where a chat stands: pins and folders.

#include "ui/controllers/chat_list_controller.h"

#include <algorithm>

namespace kvasir::ui {
namespace {

/// `ids` with `id` moved by so many places, as far as it goes.
QVector<qint64> moved(QVector<qint64> ids, qint64 id, int places)
{
    const qsizetype from = ids.indexOf(id);
    if (from >= 0)
        ids.move(from, std::clamp<qsizetype>(from + places, 0, ids.size() - 1));
    return ids;
}

QVector<qint64> idsOf(const QVector<FolderItem> &folders)
{
    QVector<qint64> ids;
    for (const FolderItem &folder : folders)
        ids << folder.id;
    return ids;
}

} // namespace

void ChatListController::setPinned(qint64 id, bool pinned)
{
    QVector<qint64> ids = m_conversations.pinned();
    if (!find(id) || ids.contains(id) == pinned)
        return;
    if (pinned)
        ids << id;
    else
        ids.removeOne(id);
    m_port.pinConversations(ids);
}

void ChatListController::movePinned(qint64 id, int places)
{
    const QVector<qint64> ids = m_conversations.pinned();
    if (const auto wanted = moved(ids, id, places); wanted != ids)
        m_port.pinConversations(wanted);
}

void ChatListController::moveToFolder(qint64 id, qint64 folderId)
{
    if (const auto chat = find(id); chat && chat->folderId != folderId)
        m_port.moveToFolder(id, folderId);
}

void ChatListController::dropChat(qint64 id, int target)
{
    const qint64 onto = m_conversations.idAt(target);
    if (onto == id)
        return;
    QVector<qint64> pins = m_conversations.pinned();
    if (m_conversations.isPinnedAt(target)) {
        pins.removeOne(id);
        pins.insert(std::max<qsizetype>(0, pins.indexOf(onto)), id); // the heading: first
        m_port.pinConversations(pins);
        return;
    }
    setPinned(id, false);
    moveToFolder(id, m_conversations.folderAt(target));
}

QVariantList ChatListController::folders() const
{
    QVariantList list;
    for (const FolderItem &folder : m_conversations.folders())
        list << QVariantMap { { QStringLiteral("id"), folder.id }, { QStringLiteral("name"), folder.name } };
    return list;
}

void ChatListController::createFolder(qint64 chatId)
{
    m_port.createFolder(tr("New folder"), chatId);
}

void ChatListController::renameFolder(qint64 id, const QString &name)
{
    if (const QString trimmed = name.simplified(); !trimmed.isEmpty())
        m_port.renameFolder(id, trimmed);
}

void ChatListController::collapseFolder(qint64 id, bool collapsed)
{
    if (m_conversations.isCollapsed(id) == collapsed)
        return;
    m_conversations.setCollapsed(id, collapsed);
    m_port.collapseFolder(id, collapsed);
}

void ChatListController::removeFolder(qint64 id)
{
    m_port.deleteFolder(id);
}

void ChatListController::moveFolder(qint64 id, int places)
{
    const QVector<qint64> ids = idsOf(m_conversations.folders());
    if (const auto wanted = moved(ids, id, places); wanted != ids)
        m_port.orderFolders(wanted);
}

void ChatListController::dropFolder(qint64 id, int target)
{
    const QVector<qint64> ids = idsOf(m_conversations.folders());
    const qsizetype to = ids.indexOf(m_conversations.folderAt(target));
    if (to >= 0)
        moveFolder(id, int(to - ids.indexOf(id)));
}

} // namespace kvasir::ui
