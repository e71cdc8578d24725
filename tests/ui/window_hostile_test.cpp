#include "tests/ui/window_test_support.h"
#include "ui/models/markdown_block_model.h"

using namespace kvasir::ui;

namespace {

// More items than any answer in a window needs; a few for each block that is shown.
constexpr qsizetype kMaxItems = 6000;

} // namespace

/// Answers that nobody should get, in the real window.
class WindowHostileTest : public WindowTest {
    Q_OBJECT

    void open(const QString &answer) { openChat(QStringLiteral("Go on."), answer); }

    void checkAlive()
    {
        QVERIFY2(items().size() < kMaxItems, qPrintable(QString::number(items().size())));
        find(QStringLiteral("composerInput"))->forceActiveFocus();
        type(QStringLiteral("alive"));
        QCOMPARE(chat().draft(), QStringLiteral("alive"));
    }

private slots:
    void an_answer_leaves_the_window_alive_data()
    {
        QTest::addColumn<QString>("answer");
        QTest::newRow("100 KB without a line end") << QString(100'000, u'x');
        QTest::newRow("100 KB of words in a line") << QStringLiteral("word ").repeated(20'000);
        QTest::newRow("1,000 lists on a line") << QStringLiteral("- ").repeated(1000) + u'x';
        QTest::newRow("1,000 quotes") << QStringLiteral("> ").repeated(1000) + u'x';
        QTest::newRow("wide table") << QStringLiteral("|a").repeated(4000) + u'\n'
                + QStringLiteral("|-").repeated(4000) + u'\n' + QStringLiteral("|b").repeated(4000);
        QTest::newRow("long table") << QStringLiteral("|a|b|\n|-|-|\n")
                + QStringLiteral("|x|y|\n").repeated(5000);
        QTest::newRow("HTML")
            << QStringLiteral("<iframe src=\"http://a\"><script>alert(1)</script>\n\n").repeated(100);
        QTest::newRow("controls that reorder") << QStringLiteral("\u202Eevil \u2066more\n\n").repeated(100);
        QTest::newRow("broken formulas")
            << QStringLiteral("$\\frac{$ and \\[ \\begin{x} \\]\n\n").repeated(50);
        QTest::newRow("a macro without an end") << QStringLiteral("$\\def\\a{\\a\\a}\\a$");
        QTest::newRow("an unknown language") << QStringLiteral("```<b onload=x>\nx\n```");
    }
    void an_answer_leaves_the_window_alive()
    {
        QFETCH(QString, answer);
        open(answer);
        checkAlive();
    }

    void code_of_10_mb_shows_its_beginning_and_is_copied_whole()
    {
        const QString line = QStringLiteral("int x = 1; // and so on, and on, and on, and on\n");
        const QString code = line.repeated(10'000'000 / int(line.size()));
        open(QStringLiteral("```cpp\n") + code + QStringLiteral("```"));
        checkAlive();
        QVERIFY(isShown(find(QStringLiteral("moreCode"))));
        const QModelIndex answer = chat().messages()->index(1);
        auto *blocks =
            qobject_cast<MarkdownBlockModel *>(answer.data(MessageListModel::BlocksRole).value<QObject *>());
        QVERIFY(blocks);
        QCOMPARE(blocks->index(0).data(MarkdownBlockModel::BlockRole).value<MarkdownBlock>().text + u'\n',
                 code);
    }

    void an_answer_of_thousands_of_blocks_is_made_where_it_is_seen()
    {
        open(QStringLiteral("a\n\n---\n\n").repeated(5000));
        checkAlive();
        QTRY_VERIFY(distanceToEnd() < 1);
        for (int i = 0; i < 20; ++i) {
            QMetaObject::invokeMethod(find(QStringLiteral("messageList")), "scrollBy",
                                      Q_ARG(double, -10'000));
            settle();
            QTest::qWait(20);
            QVERIFY2(items().size() < kMaxItems, qPrintable(QString::number(items().size())));
        }
    }
};

QTEST_MAIN(WindowHostileTest)
#include "window_hostile_test.moc"
