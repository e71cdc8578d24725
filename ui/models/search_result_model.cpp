#include "ui/models/search_result_model.h"

namespace kvasir::ui {

int SearchResultModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QVariant SearchResultModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row &row = m_rows[index.row()];
    switch (role) {
    case ConversationRole:
        return row.conversationId;
    case MessageRole:
        return row.messageId;
    case Qt::DisplayRole:
    case TextRole:
        return row.text;
    case AnswerRole:
        return row.isAnswer;
    case FurtherRole:
        return row.further;
    default:
        return {};
    }
}

QHash<int, QByteArray> SearchResultModel::roleNames() const
{
    return {
        { ConversationRole, "resultId" }, { MessageRole, "messageId" }, { TextRole, "excerpt" },
        { AnswerRole, "isAnswer" },       { FurtherRole, "further" },
    };
}

void SearchResultModel::reset(const QVector<FoundConversationItem> &found)
{
    beginResetModel();
    m_rows.clear();
    for (const FoundConversationItem &conversation : found) {
        m_rows.append({ conversation.id, 0, conversation.title, false, 0 });
        for (const FoundMessageItem &message : conversation.messages)
            m_rows.append({ conversation.id, message.id, message.excerpt, message.isAnswer, 0 });
        m_rows.last().further = conversation.furtherMessages;
    }
    endResetModel();
}

} // namespace kvasir::ui
