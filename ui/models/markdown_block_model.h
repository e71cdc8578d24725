#pragma once

#include "ui/markdown/markdown_splitter.h"

#include <QAbstractListModel>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// The blocks of one message. While an answer grows, rows change or appear only at the end. GUI thread only.
class MarkdownBlockModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The message list owns the blocks")

public:
    enum Role { BlockRole = Qt::UserRole + 1 };
    /// In the order of `MarkdownBlock::Kind`.
    enum Kind { Prose, Table, Code, Math, Rule, Plain };
    Q_ENUM(Kind)

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    void append(QStringView added);
    /// Replaces the whole text; text that only adds to the present one is appended.
    void setText(const QString &text);
    /// What a person wrote: nothing in it is markup.
    void setPlainText(const QString &text);
    const MarkdownSplitter &splitter() const { return m_splitter; }
    const QVector<MarkdownBlock> &blocks() const { return m_plain.isEmpty() ? m_splitter.blocks() : m_plain; }

    /// A part of a block as it would be written (`kvasir::ui::sourceOf`).
    Q_INVOKABLE QString sourceOf(int block, int begin, int end) const;
    /// Without markup: blocks are lines of one text.
    Q_INVOKABLE bool isPlain() const { return !m_plain.isEmpty(); }

private:
    void showBlocksFrom(qsizetype first);

    MarkdownSplitter m_splitter;
    QVector<MarkdownBlock> m_plain; ///< in its place
    QVector<MarkdownBlock> m_shown; ///< what is told of them so far
};

} // namespace kvasir::ui
