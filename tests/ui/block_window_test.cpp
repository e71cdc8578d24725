#include "ui/models/block_window.h"

#include <QAbstractItemModelTester>
#include <QQuickItem>
#include <QQuickWindow>
#include <QRandomGenerator>
#include <QTest>

using namespace kvasir::ui;

namespace {

constexpr int kViewHeight = 600;
constexpr int kMostRows = 250;

double heightOf(int block)
{
    return 16 + block * 37 % 180;
}

/// Twice as many blocks.
QString pairs(int count)
{
    return QStringLiteral("a\n\n---\n\n").repeated(count);
}

} // namespace

class BlockWindowTest : public QObject {
    Q_OBJECT

    struct Shown {
        QQuickWindow view;
        QQuickItem area { view.contentItem() };
        MarkdownBlockModel blocks;
        BlockMaker maker;
        BlockWindow window;
        QAbstractItemModelTester tester { &window, QAbstractItemModelTester::FailureReportingMode::QtTest };

        Shown()
        {
            view.resize(800, kViewHeight);
            window.setProperty("area", QVariant::fromValue(&area));
            window.setProperty("maker", QVariant::fromValue(&maker));
            window.setProperty("lineHeight", 20.0);
            window.setLineLetters(60);
            window.setBlocks(&blocks);
            window.componentComplete();
        }
        /// As the blocks that are made have it.
        void measure()
        {
            for (int row = 0; row < window.rowCount(); ++row)
                window.measured(window.first() + row, heightOf(window.first() + row));
        }
        bool settle()
        {
            measure();
            for (int steps = 0; steps < 2000 && window.step(); ++steps)
                measure();
            return window.isSettled();
        }
        bool isMade(int block) const
        {
            return block >= window.first() && block < window.first() + window.rowCount();
        }
        /// Each row is the block whose number it has, and stands where it is said to.
        void check() const
        {
            QCOMPARE(window.blockCount(), int(blocks.blocks().size()));
            double top = window.roomAbove();
            for (int row = 0; row < window.rowCount(); ++row) {
                const int number = window.first() + row;
                const QModelIndex index = window.index(row);
                QCOMPARE(index.data(BlockWindow::NumberRole).toInt(), number);
                QVERIFY(index.data(BlockWindow::BlockRole).value<MarkdownBlock>() == blocks.blocks()[number]);
                QCOMPARE(window.blockAt(top + 1), number);
                top += heightOf(number);
            }
        }
    };

private slots:
    void few_blocks_are_all_made()
    {
        Shown shown;
        shown.blocks.setText(pairs(int(BlockWindow::kMany) / 2));
        QCOMPARE(shown.window.rowCount(), int(BlockWindow::kMany));
        shown.area.setY(-10'000);
        QVERIFY(shown.settle());
        QCOMPARE(shown.window.rowCount(), int(BlockWindow::kMany));
    }

    void of_many_those_in_sight_are_made_and_few_others()
    {
        QRandomGenerator random(1);
        Shown shown;
        for (int round = 0; round < 300; ++round) {
            if (random.bounded(3) == 0)
                shown.blocks.setText(
                    pairs(random.bounded(4) == 0 ? random.bounded(30) : random.bounded(400)));
            else
                shown.blocks.append(pairs(random.bounded(20)));
            shown.measure();
            shown.area.setY(random.bounded(2000) - random.bounded(80'000));
            QVERIFY(shown.settle());
            shown.check();
            QVERIFY(shown.window.rowCount() <= kMostRows);

            double top = shown.area.y() + shown.window.roomAbove();
            QVERIFY(shown.window.first() == 0 || top <= 0 || top >= kViewHeight);
            for (int row = 0; row < shown.window.rowCount(); ++row)
                top += heightOf(shown.window.first() + row);
            const bool isEnd = shown.window.first() + shown.window.rowCount() == shown.window.blockCount();
            QVERIFY(isEnd || top <= 0 || top >= kViewHeight);
        }
    }

    void what_is_gone_to_is_made_wherever_the_view_is()
    {
        Shown shown;
        shown.blocks.setText(pairs(250));
        QVERIFY(shown.settle());
        QVERIFY(!shown.isMade(300));
        shown.window.goTo(300);
        QVERIFY(shown.isMade(300));
        QVERIFY(shown.settle());
        QVERIFY(shown.isMade(300));
        shown.check();
    }

    void nothing_goes_while_something_is_selected()
    {
        Shown shown;
        shown.blocks.setText(pairs(250));
        QVERIFY(shown.settle());
        shown.window.setProperty("keepsAll", true);
        const int first = shown.window.first();
        for (int y = 0; y > -15'000; y -= 300) {
            shown.area.setY(y);
            QVERIFY(shown.settle());
        }
        QCOMPARE(shown.window.first(), first);
        const int rows = shown.window.rowCount();
        QVERIFY(rows > 100);
        shown.window.setProperty("keepsAll", false);
        QVERIFY(shown.settle());
        QVERIFY(shown.window.rowCount() < rows);
    }
};

QTEST_MAIN(BlockWindowTest)
#include "block_window_test.moc"
