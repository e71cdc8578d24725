#include "ui/models/markdown_block_model.h"

#include "ui/markdown/block_source.h"
#include "ui/markdown/plain_blocks.h"

#include <algorithm>

namespace kvasir::ui {

static_assert(int(MarkdownBlock::Prose) == MarkdownBlockModel::Prose);
static_assert(int(MarkdownBlock::Plain) == MarkdownBlockModel::Plain);

int MarkdownBlockModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_shown.size());
}

QVariant MarkdownBlockModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const MarkdownBlock &block = m_shown[index.row()];
    return role == BlockRole ? QVariant::fromValue(block) : QVariant();
}

QHash<int, QByteArray> MarkdownBlockModel::roleNames() const
{
    return { { BlockRole, "block" } };
}

void MarkdownBlockModel::append(QStringView added)
{
    if (!added.isEmpty())
        showBlocksFrom(m_splitter.append(added));
}

void MarkdownBlockModel::setText(const QString &text)
{
    if (text.startsWith(m_splitter.text())) {
        append(QStringView(text).mid(m_splitter.text().size()));
        return;
    }
    m_splitter.clear();
    m_splitter.append(text);
    showBlocksFrom(0);
}

void MarkdownBlockModel::setPlainText(const QString &text)
{
    m_plain = plainBlocks(text);
    showBlocksFrom(0);
}

QString MarkdownBlockModel::sourceOf(int block, int begin, int end) const
{
    return ui::sourceOf(blocks().value(block), begin, end);
}

void MarkdownBlockModel::showBlocksFrom(qsizetype first)
{
    const QVector<MarkdownBlock> blocks = this->blocks();
    const qsizetype common = std::min(blocks.size(), m_shown.size());
    for (qsizetype i = first; i < common; ++i) {
        if (m_shown[i] == blocks[i])
            continue;
        m_shown[i] = blocks[i];
        emit dataChanged(index(int(i)), index(int(i)));
    }
    if (blocks.size() > m_shown.size()) {
        beginInsertRows({}, int(m_shown.size()), int(blocks.size() - 1));
        m_shown.append(blocks.sliced(m_shown.size()));
        endInsertRows();
    } else if (blocks.size() < m_shown.size()) {
        beginRemoveRows({}, int(blocks.size()), int(m_shown.size() - 1));
        m_shown.resize(blocks.size());
        endRemoveRows();
    }
}

} // namespace kvasir::ui
