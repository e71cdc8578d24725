#include "tests/ui/window_test_support.h"

#include <QClipboard>
#include <QGuiApplication>

#include <algorithm>
#include <cmath>

using namespace kvasir::ui;

/// An answer of so many blocks that only those around what is seen are made.
class WindowLongAnswerTest : public WindowTest {
    Q_OBJECT

    static constexpr int kParagraphs = 300;
    static constexpr int kBlocks = 2 * kParagraphs - 1;
    static constexpr int kFewBlocks = 100;
    static constexpr int kLimitMs = 30'000;

    /// Each paragraph is a block, between rules.
    static QString answer(int paragraphs = kParagraphs,
                          const QString &between = QStringLiteral("\n\n---\n\n"))
    {
        QStringList texts;
        for (int i = 0; i < paragraphs; ++i)
            texts << QStringLiteral("Paragraph %1. ").arg(i)
                    + QStringLiteral("WWWW ").repeated(20 + 30 * (i % 3)).trimmed();
        return texts.join(between);
    }
    void open(const QString &answer) { openChat(QStringLiteral("What is mead?"), answer); }
    QQuickItem *list() const { return find(QStringLiteral("messageList")); }
    static int numberOf(const QQuickItem *slot) { return slot->property("number").toInt(); }

    /// The answer's blocks that are made, as they stand below one another.
    QList<QQuickItem *> made() const
    {
        QList<QQuickItem *> found;
        for (QQuickItem *item : items()) {
            if (item->property("number").isValid() && item->parentItem()->property("row").toInt() == 1)
                found << item;
        }
        std::ranges::sort(found, {}, numberOf);
        return found;
    }
    bool isInSight(const QQuickItem *item) const
    {
        return isShown(item) && list()->contains(list()->mapFromScene(centre(item)));
    }
    double topOf(const QQuickItem *slot) const { return list()->mapFromScene(slot->mapToScene({})).y(); }
    /// Where the view shows the answer, blocks stand, one below the other.
    bool isHoleInSight() const
    {
        settle();
        const auto slots_ = made();
        if (slots_.isEmpty())
            return true;
        const bool endsAbove = numberOf(slots_.last()) < kBlocks - 1
            && topOf(slots_.last()) + slots_.last()->height() < list()->height();
        return endsAbove || (numberOf(slots_.first()) > 0 && topOf(slots_.first()) > 0);
    }
    /// What is out of sight is made as far as it is going to be.
    bool isAtRest() const
    {
        const auto slots_ = made();
        return !slots_.isEmpty() && (numberOf(slots_.first()) == 0 || topOf(slots_.first()) < -700)
            && (numberOf(slots_.last()) == kBlocks - 1
                || topOf(slots_.last()) + slots_.last()->height() > list()->height() + 700);
    }
    /// The first block that begins in sight.
    QQuickItem *read() const
    {
        const auto slots_ = made();
        const auto found = std::ranges::find_if(slots_, [this](auto *slot) { return topOf(slot) >= 0; });
        return found == slots_.end() ? nullptr : *found;
    }
    bool hasOpenFormula() const
    {
        return std::ranges::any_of(items(), [](const QQuickItem *item) {
            return item->inherits("kvasir::ui::FormulaItem") && !item->property("ready").toBool();
        });
    }
    double height() const { return list()->property("contentHeight").toDouble(); }
    void scrollBy(double pixels) const
    {
        QMetaObject::invokeMethod(list(), "scrollBy", Q_ARG(double, pixels));
    }
    static void press(QQuickWindow *window, Qt::Key key)
    {
        QTest::keyClick(window, key, Qt::ControlModifier);
    }

private slots:
    void its_end_is_seen_at_once_and_little_else_is_made()
    {
        open(answer());
        QVERIFY(!isHoleInSight());
        QVERIFY(distanceToEnd() < 1);
        QCOMPARE(numberOf(made().last()), kBlocks - 1);
        QTRY_VERIFY(isAtRest());
        settle();
        QVERIFY(distanceToEnd() < 1);
        QVERIFY2(made().size() < kFewBlocks, qPrintable(QString::number(made().size())));
    }

    void all_of_it_is_seen_by_scrolling_and_little_is_kept()
    {
        open(answer());
        QVector<bool> seen(kBlocks, false);
        for (int page = 0; page < 1000 && !seen.first(); ++page) {
            step([this] { return !isHoleInSight(); }, kLimitMs);
            const auto slots_ = made();
            QVERIFY(slots_.size() < 2 * kFewBlocks);
            for (qsizetype i = 0; i < slots_.size(); ++i) {
                QCOMPARE(numberOf(slots_[i]), numberOf(slots_.first()) + int(i));
                if (i > 0)
                    QVERIFY(std::abs(topOf(slots_[i]) - topOf(slots_[i - 1]) - slots_[i - 1]->height()) < 1);
                seen[numberOf(slots_[i])] = seen[numberOf(slots_[i])] || isInSight(slots_[i]);
            }
            scrollBy(-list()->height() / 2);
        }
        QVERIFY(std::ranges::all_of(seen, [](bool isSeen) { return isSeen; }));
    }

    void where_one_jumps_to_is_made_first_and_stays_in_its_place()
    {
        open(answer());
        scrollBy(-height() / 4);
        QVERIFY(isHoleInSight());
        step([this] { return !isHoleInSight(); }, kLimitMs);
        QVERIFY(!isAtRest());

        const QQuickItem *slot = read();
        QVERIFY(slot);
        const double place = topOf(slot);
        const double before = height();
        QTRY_VERIFY(isAtRest());
        settle();
        QVERIFY(std::abs(height() - before) > 100);
        QVERIFY(std::abs(topOf(slot) - place) < 2);
    }

    void what_is_read_stays_in_its_place_while_formulas_above_are_set()
    {
        const QString tall = QStringLiteral("\\[\\begin{matrix}1\\\\2\\\\3\\\\4\\end{matrix}\\]");
        open(QStringLiteral("Some text.\n\n%1\n\n").arg(tall).repeated(kBlocks / 2));
        scrollBy(-height() / 4);
        step([this] { return !isHoleInSight(); }, kLimitMs);
        const QQuickItem *slot = read();
        QVERIFY(slot);
        QVERIFY(hasOpenFormula());
        const double place = topOf(slot);
        const double before = height();
        QTRY_VERIFY_WITH_TIMEOUT(isAtRest() && !hasOpenFormula(), 60'000);
        settle();
        QVERIFY(std::abs(height() - before) > 100);
        QVERIFY(std::abs(topOf(slot) - place) < 2);
    }

    void its_end_is_seen_while_it_grows()
    {
        const qint64 id = beginAnswer();
        for (int formulas = 1; formulas <= kParagraphs; ++formulas) {
            m_port->grow(id, QStringLiteral("So\n\n\\[x = %1\\]\n\n").arg(formulas));
            if (formulas % 50 != 0)
                continue;
            QTRY_VERIFY(distanceToEnd() < 1);
            QTRY_VERIFY(!made().isEmpty());
            QTRY_COMPARE(numberOf(made().last()), 2 * formulas - 1);
            QTRY_VERIFY(made().size() < kFewBlocks);
            settle();
            QTRY_VERIFY(isInSight(made().last()));
        }
    }

    void all_of_it_is_selected_whatever_is_made()
    {
        open(answer());
        QQuickItem *last = made().last()->property("textItem").value<QQuickItem *>();
        QVERIFY(last);
        last->forceActiveFocus();
        press(quick(), Qt::Key_A);
        press(quick(), Qt::Key_C);
        const QString all = answer(kParagraphs, QStringLiteral("\n\n\n\n")); // a rule has no text
        QCOMPARE(QGuiApplication::clipboard()->text(), all);

        // What is made afterwards is selected too, and the keys are still heard where the text that had them
        // is gone.
        scrollBy(topOf(made().first()->parentItem()) - 100);
        step([this] { return !isHoleInSight(); }, kLimitMs);
        QVERIFY(isInSight(made().first()));
        QCOMPARE(numberOf(made().first()), 0);
        auto *first = made().first()->property("textItem").value<QQuickItem *>();
        QVERIFY(first->property("selectedText").toString().startsWith(QStringLiteral("Paragraph 0.")));
        QGuiApplication::clipboard()->clear();
        press(quick(), Qt::Key_C);
        QCOMPARE(QGuiApplication::clipboard()->text(), all);
    }

    void what_is_sought_in_it_is_made_and_gone_to()
    {
        open(answer());
        press(quick(), Qt::Key_F);
        type(QStringLiteral("graph 141."));
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("1 of 1"));
        QTRY_VERIFY(isInSight(find(QStringLiteral("currentMark"))));
        QTRY_VERIFY(isAtRest());
        settle();
        QVERIFY(isInSight(find(QStringLiteral("currentMark"))));
    }

    void it_is_laid_out_anew_for_another_width()
    {
        open(answer());
        scrollBy(-height() / 2);
        step([this] { return !isHoleInSight(); }, kLimitMs);
        const double before = height();
        quick()->resize(600, 760);
        QTRY_VERIFY(height() > 1.1 * before);
        QTRY_VERIFY(!isHoleInSight());
    }
};

QTEST_MAIN(WindowLongAnswerTest)
#include "window_long_answer_test.moc"
