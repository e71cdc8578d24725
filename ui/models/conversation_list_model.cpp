#include "ui/models/conversation_list_model.h"

#include <algorithm>

namespace kvasir::ui {
namespace {

bool isNewer(const ConversationItem &a, const ConversationItem &b)
{
    return a.updatedAt != b.updatedAt ? a.updatedAt > b.updatedAt : a.id > b.id;
}

QString sectionOf(const QDateTime &changed)
{
    const qint64 days = changed.toLocalTime().date().daysTo(QDate::currentDate());
    if (days <= 0)
        return ConversationListModel::tr("Today");
    if (days == 1)
        return ConversationListModel::tr("Yesterday");
    if (days <= 7)
        return ConversationListModel::tr("Last 7 days");
    return ConversationListModel::tr("Earlier");
}

} // namespace

int ConversationListModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_items.size());
}

QVariant ConversationListModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const ConversationItem &item = m_items[index.row()];
    switch (role) {
    case IdRole:
        return item.id;
    case Qt::DisplayRole:
    case TitleRole:
        return item.title;
    case SectionRole:
        return sectionOf(item.updatedAt);
    case GeneratingRole:
        return m_generating.contains(item.id);
    default:
        return {};
    }
}

QHash<int, QByteArray> ConversationListModel::roleNames() const
{
    return {
        { IdRole, "conversationId" },
        { TitleRole, "title" },
        { SectionRole, "section" },
        { GeneratingRole, "generating" },
    };
}

void ConversationListModel::reset(const QVector<ConversationItem> &conversations)
{
    beginResetModel();
    m_items = conversations;
    std::sort(m_items.begin(), m_items.end(), isNewer);
    endResetModel();
}

void ConversationListModel::put(const ConversationItem &conversation)
{
    const int from = rowOf(conversation.id);
    const auto before = [&](const ConversationItem &item) {
        return item.id != conversation.id && isNewer(item, conversation);
    };
    const int to = int(std::count_if(m_items.cbegin(), m_items.cend(), before));
    if (from < 0) {
        beginInsertRows({}, to, to);
        m_items.insert(to, conversation);
        endInsertRows();
        return;
    }
    if (from != to) {
        beginMoveRows({}, from, from, {}, to > from ? to + 1 : to);
        m_items.move(from, to);
        endMoveRows();
    }
    m_items[to] = conversation;
    emit dataChanged(index(to), index(to));
}

void ConversationListModel::remove(qint64 id)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    beginRemoveRows({}, row, row);
    m_items.removeAt(row);
    endRemoveRows();
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
        emit dataChanged(index(row), index(row), { GeneratingRole });
}

std::optional<ConversationItem> ConversationListModel::find(qint64 id) const
{
    const int row = rowOf(id);
    return row < 0 ? std::nullopt : std::optional(m_items[row]);
}

int ConversationListModel::rowOf(qint64 id) const
{
    const auto found = std::find_if(m_items.cbegin(), m_items.cend(),
                                    [id](const ConversationItem &item) { return item.id == id; });
    return found == m_items.cend() ? -1 : int(found - m_items.cbegin());
}

qint64 ConversationListModel::idAt(int row) const
{
    return row >= 0 && row < m_items.size() ? m_items[row].id : 0;
}

} // namespace kvasir::ui
