#pragma once

#include "ui/ports/chat_list_port.h"

#include <QAbstractListModel>
#include <QSet>
#include <QtQml/qqmlregistration.h>

#include <optional>

namespace kvasir::ui {

/// All chats, the one that changed last on top. GUI thread only.
class ConversationListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The list's controller owns it")

public:
    enum Role {
        IdRole = Qt::UserRole + 1,
        TitleRole,
        SectionRole, ///< "Today", "Yesterday", "Last 7 days", "Earlier"
        GeneratingRole,
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

    std::optional<ConversationItem> find(qint64 id) const;
    Q_INVOKABLE int rowOf(qint64 id) const; ///< -1: none
    Q_INVOKABLE qint64 idAt(int row) const; ///< 0: none

private:
    QVector<ConversationItem> m_items;
    QSet<qint64> m_generating;
};

} // namespace kvasir::ui
