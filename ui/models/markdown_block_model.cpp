#include "ui/models/markdown_block_model.h"

#include "ui/markdown/block_text.h"
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
    m_limit = kFirstBlocks;
    m_splitter.append(text);
    showBlocksFrom(0);
}

void MarkdownBlockModel::setPlainText(const QString &text)
{
    m_limit = kFirstBlocks;
    m_plain = plainBlocks(text);
    showBlocksFrom(0);
}

void MarkdownBlockModel::showMore()
{
    m_limit += kFirstBlocks;
    showBlocksFrom(m_shown.size());
}

int MarkdownBlockModel::estimatedLines(int block, int charactersPerLine) const
{
    return ui::estimatedLines(m_shown.value(block), charactersPerLine);
}

void MarkdownBlockModel::showUntil(qsizetype block)
{
    if (block < m_limit)
        return;
    m_limit = (block / kFirstBlocks + 1) * kFirstBlocks;
    showBlocksFrom(m_shown.size());
}

void MarkdownBlockModel::showBlocksFrom(qsizetype first)
{
    const QVector<MarkdownBlock> blocks = this->blocks().first(std::min(this->blocks().size(), m_limit));
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
    emit hiddenBlocksChanged();
}

} // namespace kvasir::ui
