#pragma once

#include "ui/ports/chat_list_port.h"

#include <QAbstractListModel>
#include <QHash>
#include <QSet>
#include <QtQml/qqmlregistration.h>

#include <optional>

namespace kvasir::ui {

/// All chats as rows of the side bar: the pinned ones in their order, each folder with its chats below it
/// unless it is collapsed, then the others by day. Within a folder and a day the one that changed last is on
/// top. GUI thread only.
class ConversationListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The list's controller owns it")

public:
    enum Kind { Heading, Folder, Chat };
    Q_ENUM(Kind)

    enum Role {
        KindRole = Qt::UserRole + 1,
        IdRole, ///< of the chat or the folder
        TitleRole,
        GeneratingRole, ///< an answer is under way in it
        PinnedRole,
        FolderRole, ///< id of the folder that the chat stands below; 0: none
        CollapsedRole, ///< of a folder
        CountRole, ///< of a folder: its chats, but for the pinned ones
    };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    void reset(const QVector<ConversationItem> &conversations);
    /// Adds it, or replaces the one with this id; moves it to its place.
    void put(const ConversationItem &conversation);
    void remove(qint64 id);
    void setGenerating(qint64 id, bool generating);
    /// Those that are here already stay collapsed or not as they are.
    void setFolders(const QVector<FolderItem> &folders);
    void setPinned(const QVector<qint64> &ids);
    void setCollapsed(qint64 folderId, bool collapsed);
    bool isCollapsed(qint64 folderId) const { return m_collapsed.contains(folderId); }

    int chatCount() const { return int(m_chats.size()); }
    QList<ConversationItem> chats() const { return m_chats.values(); }
    std::optional<ConversationItem> find(qint64 id) const;
    const QVector<FolderItem> &folders() const { return m_folders; }
    /// In their order.
    QVector<qint64> pinned() const;
    /// The chat in the row below this one's, or else above it; 0: none.
    qint64 neighbourOf(qint64 id) const;

    Q_INVOKABLE int rowOf(qint64 chatId) const; ///< -1: none, or its folder is collapsed
    Q_INVOKABLE int rowOfFolder(qint64 folderId) const; ///< -1: none
    Q_INVOKABLE qint64 idAt(int row) const; ///< of a chat; 0: none
    Q_INVOKABLE int kindAt(int row) const; ///< -1: no row
    /// What a row belongs to.
    Q_INVOKABLE bool isPinnedAt(int row) const; ///< the pinned chats, their heading included
    Q_INVOKABLE qint64 folderAt(int row) const; ///< of a folder or a chat below it; 0: none

private:
    /// Of which a heading is shown where there are chats below it.
    enum Section { Pinned, Today, Yesterday, LastDays, Earlier, SectionCount };
    struct Row {
        Kind kind;
        qint64 id; ///< of a heading its Section
        bool operator==(const Row &) const = default;
        friend size_t qHash(const Row &row, size_t seed) { return qHashMulti(seed, int(row.kind), row.id); }
    };

    static Section sectionOf(const QDateTime &changed);
    QVector<Row> arranged() const;
    /// Brings the rows to `wanted` by as few changes as one moved or changed chat needs.
    void arrange();
    void moveRow(int from, int to);
    QString folderName(qint64 id) const;
    void tell(int row, const QVector<int> &roles = {});
    void tellFolders();
    qint64 shownFolderOf(const ConversationItem &chat) const;

    QHash<qint64, ConversationItem> m_chats;
    QVector<FolderItem> m_folders;
    QSet<qint64> m_folderIds;
    QHash<qint64, int> m_counts; ///< by folder, as arranged last
    QSet<qint64> m_collapsed;
    QSet<qint64> m_generating;
    QVector<Row> m_rows;
};

} // namespace kvasir::ui
