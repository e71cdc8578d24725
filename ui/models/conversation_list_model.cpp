#include "ui/models/conversation_list_model.h"

#include <algorithm>

namespace kvasir::ui {
namespace {

bool isNewer(const ConversationItem *a, const ConversationItem *b)
{
    return a->updatedAt != b->updatedAt ? a->updatedAt > b->updatedAt : a->id > b->id;
}

bool isPinnedBefore(const ConversationItem *a, const ConversationItem *b)
{
    return a->pinPosition != b->pinPosition ? a->pinPosition < b->pinPosition : a->id < b->id;
}

} // namespace

int ConversationListModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QVariant ConversationListModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const auto [kind, id] = m_rows[index.row()];
    const ConversationItem chat = kind == Chat ? m_chats.value(id) : ConversationItem();
    switch (role) {
    case KindRole:
        return kind;
    case IdRole:
        return kind == Heading ? 0 : id;
    case Qt::DisplayRole:
    case TitleRole: {
        if (kind == Chat)
            return chat.title;
        if (kind == Folder)
            return folderName(id);
        const QString titles[SectionCount] = { tr("Pinned"), tr("Today"), tr("Yesterday"), tr("Last 7 days"),
                                               tr("Earlier") };
        return titles[id];
    }
    case GeneratingRole:
        return kind == Chat && m_generating.contains(id);
    case PinnedRole:
        return kind == Chat && chat.pinPosition >= 0;
    case FolderRole:
        return folderAt(index.row());
    case CollapsedRole:
        return kind == Folder && m_collapsed.contains(id);
    case CountRole:
        return kind == Folder ? m_counts.value(id) : 0;
    default:
        return {};
    }
}

QHash<int, QByteArray> ConversationListModel::roleNames() const
{
    return {
        { KindRole, "kind" },           { IdRole, "rowId" },
        { TitleRole, "title" },         { GeneratingRole, "generating" },
        { PinnedRole, "pinned" },       { FolderRole, "folderId" },
        { CollapsedRole, "collapsed" }, { CountRole, "chatCount" },
    };
}

void ConversationListModel::reset(const QVector<ConversationItem> &conversations)
{
    beginResetModel();
    m_chats.clear();
    for (const ConversationItem &conversation : conversations)
        m_chats.insert(conversation.id, conversation);
    m_rows = arranged();
    endResetModel();
    tellFolders();
}

void ConversationListModel::put(const ConversationItem &conversation)
{
    m_chats.insert(conversation.id, conversation);
    arrange();
    if (const int row = rowOf(conversation.id); row >= 0)
        tell(row);
}

void ConversationListModel::remove(qint64 id)
{
    // The row goes before what it shows.
    if (const int row = rowOf(id); row >= 0) {
        beginRemoveRows({}, row, row);
        m_rows.removeAt(row);
        endRemoveRows();
    }
    m_chats.remove(id);
    arrange();
}

void ConversationListModel::setGenerating(qint64 id, bool generating)
{
    if (m_generating.contains(id) == generating)
        return;
    if (generating)
        m_generating.insert(id);
    else
        m_generating.remove(id);
    if (const int row = rowOf(id); row >= 0)
        tell(row, { GeneratingRole });
}

void ConversationListModel::setFolders(const QVector<FolderItem> &folders)
{
    QSet<qint64> ids;
    for (const FolderItem &folder : folders)
        ids.insert(folder.id);
    // The rows of folders that go do so before what they show.
    for (int row = int(m_rows.size()) - 1; row >= 0; --row) {
        if (m_rows[row].kind != Folder || ids.contains(m_rows[row].id))
            continue;
        beginRemoveRows({}, row, row);
        m_rows.removeAt(row);
        endRemoveRows();
    }
    for (const FolderItem &folder : folders) {
        if (folder.collapsed && !m_folderIds.contains(folder.id))
            m_collapsed.insert(folder.id);
    }
    m_collapsed.intersect(ids);
    m_folders = folders;
    m_folderIds = ids;
    arrange();
    tellFolders();
}

void ConversationListModel::setPinned(const QVector<qint64> &ids)
{
    for (ConversationItem &chat : m_chats)
        chat.pinPosition = int(ids.indexOf(chat.id));
    arrange();
    if (!m_rows.isEmpty())
        emit dataChanged(index(0), index(rowCount() - 1), { PinnedRole, FolderRole });
}

void ConversationListModel::setCollapsed(qint64 folderId, bool collapsed)
{
    if (collapsed)
        m_collapsed.insert(folderId);
    else
        m_collapsed.remove(folderId);
    arrange();
    tellFolders();
}

std::optional<ConversationItem> ConversationListModel::find(qint64 id) const
{
    const auto found = m_chats.constFind(id);
    return found == m_chats.cend() ? std::nullopt : std::optional(*found);
}

QVector<qint64> ConversationListModel::pinned() const
{
    QVector<const ConversationItem *> chats;
    for (const ConversationItem &chat : m_chats) {
        if (chat.pinPosition >= 0)
            chats << &chat;
    }
    std::sort(chats.begin(), chats.end(), isPinnedBefore);
    QVector<qint64> ids;
    for (const ConversationItem *chat : chats)
        ids << chat->id;
    return ids;
}

qint64 ConversationListModel::neighbourOf(qint64 id) const
{
    const int row = rowOf(id);
    for (int below = row + 1; row >= 0 && below < m_rows.size(); ++below) {
        if (m_rows[below].kind == Chat)
            return m_rows[below].id;
    }
    for (int above = row - 1; above >= 0; --above) {
        if (m_rows[above].kind == Chat)
            return m_rows[above].id;
    }
    return 0;
}

int ConversationListModel::rowOf(qint64 chatId) const
{
    return int(m_rows.indexOf(Row { Chat, chatId }));
}

int ConversationListModel::rowOfFolder(qint64 folderId) const
{
    return int(m_rows.indexOf(Row { Folder, folderId }));
}

qint64 ConversationListModel::idAt(int row) const
{
    return kindAt(row) == Chat ? m_rows[row].id : 0;
}

int ConversationListModel::kindAt(int row) const
{
    return row >= 0 && row < m_rows.size() ? int(m_rows[row].kind) : -1;
}

bool ConversationListModel::isPinnedAt(int row) const
{
    if (kindAt(row) == Heading)
        return m_rows[row].id == Pinned;
    return kindAt(row) == Chat && m_chats.value(m_rows[row].id).pinPosition >= 0;
}

qint64 ConversationListModel::folderAt(int row) const
{
    if (kindAt(row) == Folder)
        return m_rows[row].id;
    return kindAt(row) == Chat ? shownFolderOf(m_chats.value(m_rows[row].id)) : 0;
}

qint64 ConversationListModel::shownFolderOf(const ConversationItem &chat) const
{
    return chat.pinPosition < 0 && m_folderIds.contains(chat.folderId) ? chat.folderId : 0;
}

ConversationListModel::Section ConversationListModel::sectionOf(const QDateTime &changed)
{
    const qint64 days = changed.toLocalTime().date().daysTo(QDate::currentDate());
    return days <= 0 ? Today : days == 1 ? Yesterday : days <= 7 ? LastDays : Earlier;
}

QVector<ConversationListModel::Row> ConversationListModel::arranged() const
{
    QVector<const ConversationItem *> pins;
    QVector<const ConversationItem *> rest;
    QHash<qint64, QVector<const ConversationItem *>> inFolder;
    for (const ConversationItem &chat : m_chats) {
        if (chat.pinPosition >= 0)
            pins << &chat;
        else if (const qint64 folder = shownFolderOf(chat); folder != 0)
            inFolder[folder] << &chat;
        else
            rest << &chat;
    }
    QVector<Row> rows;
    if (!pins.isEmpty())
        rows << Row { Heading, Pinned };
    std::sort(pins.begin(), pins.end(), isPinnedBefore);
    for (const ConversationItem *chat : pins)
        rows << Row { Chat, chat->id };
    for (const FolderItem &folder : m_folders) {
        rows << Row { Folder, folder.id };
        if (m_collapsed.contains(folder.id))
            continue;
        auto &chats = inFolder[folder.id];
        std::sort(chats.begin(), chats.end(), isNewer);
        for (const ConversationItem *chat : chats)
            rows << Row { Chat, chat->id };
    }
    std::sort(rest.begin(), rest.end(), isNewer);
    Section section = Pinned;
    for (const ConversationItem *chat : rest) {
        if (const Section own = sectionOf(chat->updatedAt); own != section) {
            section = own;
            rows << Row { Heading, section };
        }
        rows << Row { Chat, chat->id };
    }
    return rows;
}

void ConversationListModel::arrange()
{
    const QVector<Row> wanted = arranged();
    const QSet<Row> staying(wanted.cbegin(), wanted.cend());
    for (int row = int(m_rows.size()) - 1; row >= 0; --row) {
        if (staying.contains(m_rows[row]))
            continue;
        beginRemoveRows({}, row, row);
        m_rows.removeAt(row);
        endRemoveRows();
    }
    for (int row = 0; row < wanted.size(); ++row) {
        if (row < m_rows.size() && m_rows[row] == wanted[row])
            continue;
        const int from = int(m_rows.indexOf(wanted[row], row));
        if (from < 0) {
            beginInsertRows({}, row, row);
            m_rows.insert(row, wanted[row]);
            endInsertRows();
        } else if (from == row + 1) {
            // What stands here goes down: one move, instead of one for each row that it passes.
            moveRow(row, std::min(int(wanted.indexOf(m_rows[row], row)), int(m_rows.size()) - 1));
        } else {
            moveRow(from, row);
        }
    }
    tellFolders();
}

void ConversationListModel::moveRow(int from, int to)
{
    beginMoveRows({}, from, from, {}, to > from ? to + 1 : to);
    m_rows.move(from, to);
    endMoveRows();
}

QString ConversationListModel::folderName(qint64 id) const
{
    for (const FolderItem &folder : m_folders) {
        if (folder.id == id)
            return folder.name;
    }
    return {};
}

void ConversationListModel::tell(int row, const QVector<int> &roles)
{
    emit dataChanged(index(row), index(row), roles);
}

void ConversationListModel::tellFolders()
{
    m_counts.clear();
    for (const ConversationItem &chat : m_chats) {
        if (const qint64 folder = shownFolderOf(chat); folder != 0)
            ++m_counts[folder];
    }
    for (int row = 0; row < m_rows.size(); ++row) {
        if (m_rows[row].kind == Folder)
            tell(row, { TitleRole, CollapsedRole, CountRole });
    }
}

} // namespace kvasir::ui
