#pragma once

#include "ui/models/block_maker.h"
#include "ui/models/markdown_block_model.h"

#include <QAbstractListModel>
#include <QElapsedTimer>
#include <QPointer>
#include <QQmlParserStatus>
#include <QQuickItem>
#include <QVector>
#include <QtQml/qqmlregistration.h>

#include <optional>

namespace kvasir::ui {

/// Which of a message's blocks are made: all of a few; of many, those in and around what the window shows.
/// What is above and below them is empty room, as high as blocks were when they were made last, else as
/// guessed.
///
/// Rows are the blocks that are made, in order. GUI thread only.
class BlockWindow : public QAbstractListModel, public QQmlParserStatus {
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    QML_ELEMENT
    Q_PROPERTY(kvasir::ui::MarkdownBlockModel *blocks READ blocks WRITE setBlocks NOTIFY blocksChanged)
    /// What holds the blocks below one another.
    Q_PROPERTY(QQuickItem *area MEMBER m_area)
    /// What tells when to look at what is shown.
    Q_PROPERTY(kvasir::ui::BlockMaker *maker MEMBER m_maker)
    /// Of its text, for guesses: how many letters a line has, and how high it is, in pixels.
    Q_PROPERTY(int lineLetters MEMBER m_lineLetters WRITE setLineLetters)
    Q_PROPERTY(qreal lineHeight MEMBER m_lineHeight)
    /// Nothing that is made goes: something in it is selected.
    Q_PROPERTY(bool keepsAll MEMBER m_keepsAll)
    Q_PROPERTY(int first READ first NOTIFY changed)
    Q_PROPERTY(int blockCount READ blockCount NOTIFY changed)
    Q_PROPERTY(qreal roomAbove READ roomAbove NOTIFY changed)
    Q_PROPERTY(qreal roomBelow READ roomBelow NOTIFY changed)

public:
    /// Of more blocks not all are made at once …
    static constexpr qsizetype kMany = 40;
    /// … but so many at the end, where an answer is mostly seen first.
    static constexpr qsizetype kLastAtOnce = 12;

    enum Role { BlockRole = Qt::UserRole + 1, NumberRole };

    using QAbstractListModel::QAbstractListModel;
    ~BlockWindow() override;

    void classBegin() override { }
    void componentComplete() override;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    MarkdownBlockModel *blocks() const { return m_blocks; }
    void setBlocks(MarkdownBlockModel *blocks);
    void setLineLetters(int letters);
    int first() const { return int(m_made.begin); }
    int blockCount() const { return int(m_heights.size()); }
    qreal roomAbove() const;
    qreal roomBelow() const;

    /// A block that is made has this height, with the gap above it.
    Q_INVOKABLE void measured(int block, qreal height);
    /// The one at a height in the area; the first above all, the last below.
    Q_INVOKABLE int blockAt(qreal y) const;
    /// Makes a block that is about to be scrolled to.
    Q_INVOKABLE void goTo(int block);

    /// Something that the window shows is not made.
    bool hasHole() const;
    /// There is nothing to make or to drop.
    bool isSettled() const { return !next(); }
    /// Makes or drops one block, what is in sight first. False: it is settled.
    bool step();

signals:
    void blocksChanged();
    void changed();

private:
    /// Blocks, or pixels of the area, from `begin` to before `end`.
    template <typename T> struct Range {
        T begin = 0;
        T end = 0;
        bool isEmpty() const { return begin >= end; }
        bool meets(const Range &other) const { return begin < other.end && other.begin < end; }
        bool holds(const Range &other) const { return begin <= other.begin && other.end <= end; }
    };
    using Blocks = Range<qsizetype>;
    using Pixels = Range<qreal>;

    void follow();
    void appended(qsizetype from);
    void removed();
    void altered(qsizetype from, qsizetype to);
    void guessHeights(qsizetype from);
    qreal guess(qsizetype block) const;
    void moveTo(Blocks made);
    std::optional<Blocks> next() const;
    Blocks blocksIn(Pixels pixels) const;
    Blocks wanted(qreal margin) const;

    QPointer<MarkdownBlockModel> m_blocks;
    QPointer<QQuickItem> m_area;
    QPointer<BlockMaker> m_maker;
    int m_lineLetters = 0;
    qreal m_lineHeight = 0;
    bool m_keepsAll = false;
    bool m_complete = false;
    QVector<qreal> m_heights; ///< of all blocks
    Blocks m_made;
    qsizetype m_goal = -1; ///< what is about to be scrolled to …
    QElapsedTimer m_sinceGoal; ///< … before long
};

} // namespace kvasir::ui
