#pragma once

#include "ui/ports/storage_port.h"

#include <QAbstractListModel>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// What is kept of each chat, the largest first. GUI thread only.
class StoredChatModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The storage controller owns the list of kept chats")

public:
    enum Role {
        OwnerRole = Qt::UserRole + 1,
        TitleRole,
        SizeRole, ///< "312.0 MB"
        UseRole, ///< when it was used last, and what that saved
        PinnedRole,
    };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    /// Rows that stay keep their place as far as they can, so that what has the keys there keeps them.
    void put(QVector<StoredChatItem> chats);

private:
    QVector<StoredChatItem> m_items;
};

} // namespace kvasir::ui
