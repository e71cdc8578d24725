#pragma once

#include "ui/ports/chat_port.h"

#include <QAbstractListModel>
#include <QtQml/qqmlregistration.h>

#include <optional>

namespace kvasir::ui {

/// The library of named system prompts, by name. GUI thread only.
class SystemPromptModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The chat controller owns the library of prompts")

public:
    enum Role { IdRole = Qt::UserRole + 1, NameRole, TextRole, DefaultRole };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    void reset(QVector<SystemPromptItem> prompts);
    std::optional<SystemPromptItem> find(qint64 id) const;
    std::optional<SystemPromptItem> findByName(const QString &name) const;
    std::optional<SystemPromptItem> defaultPrompt() const;

    Q_INVOKABLE QString nameOf(qint64 id) const;
    Q_INVOKABLE QString textOf(qint64 id) const;
    Q_INVOKABLE bool isDefault(qint64 id) const;
    /// Whether another prompt than `exceptId` has this name, which must be unique.
    Q_INVOKABLE bool isNameTaken(const QString &name, qint64 exceptId) const;

private:
    QVector<SystemPromptItem> m_items;
};

} // namespace kvasir::ui
