#include "tests/ui/window_test_support.h"

#include <QClipboard>
#include <QGuiApplication>

#include <algorithm>
#include <cmath>

using namespace kvasir::ui;

/// An answer of so many blocks that they are made little by little.
class WindowLongAnswerTest : public WindowTest {
    Q_OBJECT

    static constexpr int kParagraphs = 80;
    static constexpr int kLimitMs = 30'000;
    const QString m_answer = answer();

    /// Each paragraph is a block, between rules.
    static QString answer()
    {
        QStringList paragraphs;
        for (int i = 0; i < kParagraphs; ++i)
            paragraphs << QStringLiteral("Paragraph %1. ").arg(i)
                    + QStringLiteral("WWWW ").repeated(20 + 30 * (i % 3)).trimmed();
        return paragraphs.join(QStringLiteral("\n\n---\n\n"));
    }
    void open(const QString &answer) { openChat(QStringLiteral("What is mead?"), answer); }
    /// The answer's blocks that are made, or that wait.
    QList<QQuickItem *> slotsThat(bool areMade) const
    {
        QList<QQuickItem *> found;
        for (QQuickItem *item : items()) {
            const QVariant made = item->property("made");
            if (made.isValid() && made.toBool() == areMade && item->property("row").toInt() == 1)
                found << item;
        }
        return found;
    }
    bool isInSight(const QQuickItem *item) const
    {
        const QQuickItem *list = find(QStringLiteral("messageList"));
        return isShown(item) && list->contains(list->mapFromScene(centre(item)));
    }
    bool isHoleInSight() const
    {
        settle();
        return std::ranges::any_of(slotsThat(false), [this](auto *slot) { return isInSight(slot); });
    }
    /// The first block that begins in sight.
    QQuickItem *read() const
    {
        const double top = find(QStringLiteral("messageList"))->mapToScene({}).y();
        const auto made = slotsThat(true);
        const auto read = std::ranges::find_if(
            made, [top](const QQuickItem *slot) { return slot->mapToScene({}).y() >= top; });
        return read == made.end() ? nullptr : *read;
    }
    bool hasOpenFormula() const
    {
        return std::ranges::any_of(items(), [](const QQuickItem *item) {
            return item->inherits("kvasir::ui::FormulaItem") && !item->property("ready").toBool();
        });
    }
    double height() const
    {
        return find(QStringLiteral("messageList"))->property("contentHeight").toDouble();
    }
    void scrollBy(double pixels) const
    {
        QMetaObject::invokeMethod(find(QStringLiteral("messageList")), "scrollBy", Q_ARG(double, pixels));
    }

private slots:
    void what_is_seen_is_there_at_once_and_the_rest_before_long()
    {
        open(m_answer);
        QVERIFY(!slotsThat(false).isEmpty());
        QVERIFY(distanceToEnd() < 1);
        QTRY_VERIFY(slotsThat(false).isEmpty());
        QCOMPARE(slotsThat(true).size(), qsizetype(2 * kParagraphs - 1));
        QVERIFY(distanceToEnd() < 1);
    }

    void where_one_jumps_to_is_made_first_and_stays_in_its_place()
    {
        open(m_answer);
        scrollBy(-height() / 4);
        QVERIFY(isHoleInSight());
        step([this] { return !isHoleInSight(); }, kLimitMs);
        QVERIFY(!slotsThat(false).isEmpty());

        const QQuickItem *slot = read();
        QVERIFY(slot);
        const double place = slot->mapToScene({}).y();
        const double before = height();
        QTRY_VERIFY(slotsThat(false).isEmpty());
        settle();
        QVERIFY(height() > before + 1000);
        QVERIFY(std::abs(slot->mapToScene({}).y() - place) < 2);
    }

    void what_is_read_stays_in_its_place_while_formulas_above_are_set()
    {
        const QString tall = QStringLiteral("\\[\\begin{matrix}1\\\\2\\\\3\\\\4\\end{matrix}\\]");
        open(QStringLiteral("Some text.\n\n%1\n\n").arg(tall).repeated(30));
        scrollBy(-height() / 4);
        step([this] { return !isHoleInSight(); }, kLimitMs);
        const QQuickItem *slot = read();
        QVERIFY(slot);
        QVERIFY(hasOpenFormula());
        const double place = slot->mapToScene({}).y();
        const double before = height();
        QTRY_VERIFY_WITH_TIMEOUT(slotsThat(false).isEmpty() && !hasOpenFormula(), 60'000);
        settle();
        QVERIFY(height() > before + 500);
        QVERIFY(std::abs(slot->mapToScene({}).y() - place) < 2);
    }

    void all_of_it_is_selected_whatever_is_made()
    {
        open(m_answer);
        QQuickItem *last = slotsThat(true).last()->property("textItem").value<QQuickItem *>();
        QVERIFY(last);
        last->forceActiveFocus();
        QTest::keyClick(quick(), Qt::Key_A, Qt::ControlModifier);
        QTest::keyClick(quick(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text().count(QStringLiteral("Paragraph ")), kParagraphs);
    }

    void what_is_sought_in_it_is_made_and_gone_to()
    {
        open(m_answer);
        QTest::keyClick(quick(), Qt::Key_F, Qt::ControlModifier);
        type(QStringLiteral("graph 41."));
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("1 of 1"));
        QTRY_VERIFY(isInSight(find(QStringLiteral("currentMark"))));
        QTRY_VERIFY(slotsThat(false).isEmpty());
        settle();
        QVERIFY(isInSight(find(QStringLiteral("currentMark"))));
    }
};

QTEST_MAIN(WindowLongAnswerTest)
#include "window_long_answer_test.moc"
