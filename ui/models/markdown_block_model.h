#pragma once

#include "ui/markdown/markdown_splitter.h"

#include <QAbstractListModel>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// The blocks of one answer. While it grows, rows change or appear only at the end. GUI thread only.
class MarkdownBlockModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The message list owns the blocks")

public:
    enum Role { KindRole = Qt::UserRole + 1, TextRole, LanguageRole };
    enum Kind { Prose, Quote, Code, Rule };
    Q_ENUM(Kind)

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    void append(QStringView added);
    /// Replaces the whole text; text that only adds to the present one is appended.
    void setText(const QString &text);
    const MarkdownSplitter &splitter() const { return m_splitter; }

private:
    void showBlocksFrom(qsizetype first);

    MarkdownSplitter m_splitter;
    QVector<MarkdownBlock> m_shown;
};

} // namespace kvasir::ui
