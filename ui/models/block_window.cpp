#include "ui/models/block_window.h"

#include "ui/markdown/block_text.h"

#include <QQuickWindow>

#include <algorithm>
#include <numeric>

namespace kvasir::ui {
namespace {

// So much beyond what is shown is made, so that scrolling finds it; what is twice as far away goes.
constexpr qreal kMargin = 800;
constexpr qint64 kGoalMs = 1000;

} // namespace

BlockWindow::~BlockWindow()
{
    if (m_maker)
        m_maker->remove(this);
}

void BlockWindow::componentComplete()
{
    m_complete = true;
    follow();
}

int BlockWindow::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_made.end - m_made.begin);
}

QVariant BlockWindow::data(const QModelIndex &index, int role) const
{
    if (!m_blocks || !checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const qsizetype block = m_made.begin + index.row();
    if (role == NumberRole)
        return int(block);
    return role == BlockRole ? QVariant::fromValue(m_blocks->blocks().value(block)) : QVariant();
}

QHash<int, QByteArray> BlockWindow::roleNames() const
{
    return { { BlockRole, "block" }, { NumberRole, "number" } };
}

void BlockWindow::setBlocks(MarkdownBlockModel *blocks)
{
    if (m_blocks == blocks)
        return;
    if (m_blocks)
        m_blocks->disconnect(this);
    m_blocks = blocks;
    if (m_complete)
        follow();
    emit blocksChanged();
}

void BlockWindow::setLineLetters(int letters)
{
    if (m_lineLetters == letters)
        return;
    m_lineLetters = letters;
    if (!m_complete || m_heights.size() <= kMany)
        return;
    guessHeights(0);
    emit changed();
    m_maker->look();
}

qreal BlockWindow::roomAbove() const
{
    return std::reduce(m_heights.begin(), m_heights.begin() + m_made.begin);
}

qreal BlockWindow::roomBelow() const
{
    return std::reduce(m_heights.begin() + m_made.end, m_heights.end());
}

void BlockWindow::measured(int block, qreal height)
{
    if (block >= 0 && block < m_heights.size())
        m_heights[block] = height;
}

int BlockWindow::blockAt(qreal y) const
{
    qreal bottom = 0;
    for (qsizetype block = 0; block < m_heights.size(); ++block) {
        bottom += m_heights[block];
        if (y < bottom)
            return int(block);
    }
    return std::max(0, blockCount() - 1);
}

void BlockWindow::goTo(int block)
{
    if (block < 0 || block >= blockCount())
        return;
    m_goal = block;
    m_sinceGoal.start();
    if (!m_made.holds({ block, block + 1 }))
        moveTo({ block, block + 1 });
    m_maker->look();
}

bool BlockWindow::hasHole() const
{
    const Blocks seen = wanted(0);
    return !seen.isEmpty() && !m_made.holds(seen);
}

bool BlockWindow::step()
{
    const auto made = next();
    if (made)
        moveTo(*made);
    return made.has_value();
}

/// Begins with the blocks as they are, and follows what happens to them.
void BlockWindow::follow()
{
    beginResetModel();
    m_made = {};
    m_heights.clear();
    m_goal = -1;
    endResetModel();
    if (m_blocks) {
        connect(m_blocks, &QAbstractItemModel::rowsInserted, this,
                [this](const QModelIndex &, int from) { appended(from); });
        connect(m_blocks, &QAbstractItemModel::rowsRemoved, this, [this] { removed(); });
        connect(
            m_blocks, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex &from, const QModelIndex &to) { altered(from.row(), to.row() + 1); });
        appended(0);
    }
    emit changed();
}

/// At the end, where what is shown follows an answer that grows.
void BlockWindow::appended(qsizetype from)
{
    const qsizetype count = m_blocks->blocks().size();
    const bool followsEnd = m_made.end == from;
    m_heights.resize(count);
    if (count > kMany)
        guessHeights(from);
    if (count <= kMany)
        moveTo({ 0, count });
    else if (followsEnd && count - from <= kLastAtOnce)
        moveTo({ m_made.begin, count });
    else if (followsEnd)
        moveTo({ count - kLastAtOnce, count });
    else
        emit changed();
    if (count > kMany)
        m_maker->add(this);
}

void BlockWindow::removed()
{
    const qsizetype count = m_blocks->blocks().size();
    const qsizetype end = std::min(m_made.end, count);
    if (count <= kMany)
        moveTo({ 0, count });
    else if (m_made.begin < end)
        moveTo({ m_made.begin, end });
    else
        moveTo({ count - kLastAtOnce, count });
    m_heights.resize(count);
    emit changed();
}

void BlockWindow::altered(qsizetype from, qsizetype to)
{
    bool changesRoom = false;
    for (qsizetype block = from; block < to; ++block) {
        if (m_made.holds({ block, block + 1 })) {
            const QModelIndex row = index(int(block - m_made.begin));
            emit dataChanged(row, row, { BlockRole });
        } else {
            m_heights[block] = guess(block);
            changesRoom = true;
        }
    }
    if (changesRoom)
        emit changed();
}

/// Those of blocks that are made will be told.
void BlockWindow::guessHeights(qsizetype from)
{
    for (qsizetype block = from; block < m_heights.size(); ++block) {
        if (!m_made.holds({ block, block + 1 }))
            m_heights[block] = guess(block);
    }
}

qreal BlockWindow::guess(qsizetype block) const
{
    if (m_lineLetters <= 0)
        return 0; // it has no width yet
    constexpr qreal kGapLines = 0.5;
    const MarkdownBlock &guessed = m_blocks->blocks().at(block);
    const qreal gap = block == 0 || guessed.kind == MarkdownBlock::Plain ? 0 : kGapLines;
    return (estimatedLines(guessed, m_lineLetters) + gap) * m_lineHeight;
}

std::optional<BlockWindow::Blocks> BlockWindow::next() const
{
    const Blocks seen = wanted(0);
    const Blocks around = wanted(kMargin);
    if (around.isEmpty() || m_heights.size() <= kMany)
        return {};
    const Blocks first = seen.isEmpty() ? around : seen;
    if (!m_made.meets(first)) {
        const qsizetype nearest = first.begin >= m_made.end ? first.begin : first.end - 1;
        return Blocks { nearest, nearest + 1 };
    }
    const auto towards = [this](const Blocks &range) -> std::optional<Blocks> {
        if (range.end > m_made.end)
            return Blocks { m_made.begin, m_made.end + 1 };
        if (range.begin < m_made.begin)
            return Blocks { m_made.begin - 1, m_made.end };
        return {};
    };
    if (const auto made = towards(first))
        return made;
    const Blocks kept = wanted(2 * kMargin);
    if (!m_keepsAll && m_made.begin < kept.begin)
        return Blocks { m_made.begin + 1, m_made.end };
    if (!m_keepsAll && m_made.end > kept.end)
        return Blocks { m_made.begin, m_made.end - 1 };
    return towards(around);
}

/// Makes and drops what it takes for these to be made.
void BlockWindow::moveTo(Blocks made)
{
    if (!m_made.meets(made) && !m_made.isEmpty()) {
        beginRemoveRows({}, 0, rowCount() - 1);
        m_made = { made.begin, made.begin };
        endRemoveRows();
    } else if (m_made.isEmpty()) {
        m_made = { made.begin, made.begin };
    }
    if (made.begin > m_made.begin) {
        beginRemoveRows({}, 0, int(made.begin - m_made.begin) - 1);
        m_made.begin = made.begin;
        endRemoveRows();
    }
    if (made.end < m_made.end) {
        beginRemoveRows({}, int(made.end - m_made.begin), rowCount() - 1);
        m_made.end = made.end;
        endRemoveRows();
    }
    if (made.begin < m_made.begin) {
        beginInsertRows({}, 0, int(m_made.begin - made.begin) - 1);
        m_made.begin = made.begin;
        endInsertRows();
    }
    if (made.end > m_made.end) {
        beginInsertRows({}, rowCount(), int(made.end - m_made.begin) - 1);
        m_made.end = made.end;
        endInsertRows();
    }
    emit changed();
}

BlockWindow::Blocks BlockWindow::blocksIn(Pixels pixels) const
{
    Blocks found;
    qreal top = 0;
    for (qsizetype block = 0; block < m_heights.size(); ++block) {
        const qreal bottom = top + m_heights[block];
        if (pixels.meets({ top, bottom })) {
            if (found.isEmpty())
                found.begin = block;
            found.end = block + 1;
        }
        top = bottom;
    }
    return found;
}

/// What stands at most so many pixels above or below what the window shows.
BlockWindow::Blocks BlockWindow::wanted(qreal margin) const
{
    if (!m_area || !m_area->window() || !m_area->isVisible())
        return {};
    const qreal top = -m_area->mapToScene({ 0, 0 }).y();
    Pixels pixels { top - margin, top + m_area->window()->height() + margin };
    if (m_goal >= 0 && m_goal < m_heights.size() && m_sinceGoal.elapsed() < kGoalMs) {
        const qreal goal = std::reduce(m_heights.begin(), m_heights.begin() + m_goal);
        const Pixels around { goal - margin, goal + m_heights[m_goal] + margin };
        if (!pixels.meets(around))
            pixels = around;
    }
    return blocksIn(pixels);
}

} // namespace kvasir::ui
