#pragma once

#include "ui/ports/chat_list_port.h"

#include <QAbstractListModel>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// What a search found: a row for each chat, followed by rows for the messages that it was found in. GUI
/// thread only.
class SearchResultModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The search's controller owns it")

public:
    enum Role {
        ConversationRole = Qt::UserRole + 1,
        MessageRole, ///< 0: the row of the chat itself
        TextRole, ///< a piece of HTML: what was found stands in <b>, all else is escaped
        AnswerRole, ///< the message is an answer
        FurtherRole, ///< of the last message's row: how many more of the chat have it too
    };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    void reset(const QVector<FoundConversationItem> &found);

private:
    struct Row {
        qint64 conversationId = 0;
        qint64 messageId = 0;
        QString text;
        bool isAnswer = false;
        int further = 0;
    };
    QVector<Row> m_rows;
};

} // namespace kvasir::ui
