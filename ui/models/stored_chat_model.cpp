#include "ui/models/stored_chat_model.h"

#include "ui/models/storage_text.h"

#include <algorithm>

namespace kvasir::ui {
namespace {

bool comesBefore(const StoredChatItem &a, const StoredChatItem &b)
{
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.owner < b.owner;
}

bool haveSameOwners(const QVector<StoredChatItem> &a, const QVector<StoredChatItem> &b)
{
    return std::equal(a.cbegin(), a.cend(), b.cbegin(), b.cend(),
                      [](const auto &x, const auto &y) { return x.owner == y.owner; });
}

} // namespace

int StoredChatModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_items.size());
}

QVariant StoredChatModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const StoredChatItem &item = m_items[index.row()];
    switch (role) {
    case OwnerRole:
        return item.owner;
    case Qt::DisplayRole:
    case TitleRole:
        return item.title;
    case SizeRole:
        return keptSizeText(item);
    case UseRole:
        return keptUseText(item);
    case PinnedRole:
        return item.pinned;
    default:
        return {};
    }
}

QHash<int, QByteArray> StoredChatModel::roleNames() const
{
    return {
        { OwnerRole, "owner" }, { TitleRole, "title" },   { SizeRole, "sizeText" },
        { UseRole, "useText" }, { PinnedRole, "pinned" },
    };
}

void StoredChatModel::put(QVector<StoredChatItem> chats)
{
    std::sort(chats.begin(), chats.end(), comesBefore);
    for (int row = int(m_items.size()) - 1; row >= 0; --row) {
        const auto stays = [&](const StoredChatItem &chat) { return chat.owner == m_items[row].owner; };
        if (std::any_of(chats.cbegin(), chats.cend(), stays))
            continue;
        beginRemoveRows({}, row, row);
        m_items.removeAt(row);
        endRemoveRows();
    }
    if (!haveSameOwners(m_items, chats)) {
        beginResetModel();
        m_items = chats;
        endResetModel();
    } else if (!chats.isEmpty()) {
        m_items = chats;
        emit dataChanged(index(0), index(int(chats.size()) - 1));
    }
}

} // namespace kvasir::ui
