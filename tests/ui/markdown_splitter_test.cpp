#include "ui/markdown/markdown_parser.h"
#include "ui/markdown/markdown_splitter.h"

#include <QRandomGenerator>
#include <QTest>

using namespace kvasir::ui;

namespace {

QVector<MarkdownBlock> split(const QString &text)
{
    MarkdownSplitter splitter;
    splitter.append(text);
    return splitter.blocks();
}

/// Lines that matter to the splitter, and some that only look like it; tidy ones have no formula and are
/// whole.
QString randomMarkdown(QRandomGenerator &random, bool isTidy = false)
{
    static const QStringList kLines {
        QStringLiteral("plain words"),
        QStringLiteral("```"),
        QStringLiteral("```cpp"),
        QStringLiteral("~~~~"),
        QStringLiteral("   ```sh x"),
        QStringLiteral("``` a ` b"),
        QStringLiteral("> quoted"),
        QStringLiteral(">"),
        QStringLiteral("---"),
        QStringLiteral("***"),
        QString(),
        QString(),
        QStringLiteral("- item"),
        QStringLiteral("1. first"),
        QStringLiteral("    deep"),
        QStringLiteral("# Heading"),
        QStringLiteral("``"),
        QStringLiteral("| a | b |"),
        QStringLiteral("| --- | --- |"),
        QStringLiteral("   ```"),
        QStringLiteral("ünïcode 🐝 é"),
        QStringLiteral("x\r"),
        QString(700, QLatin1Char('w')),
        QStringLiteral("costs \\(a_1*b_2\\) or $x$"),
        QStringLiteral("\\["),
        QStringLiteral("\\]"),
        QStringLiteral("$$"),
    };
    constexpr int kFormulaLines = 4; // the last
    QString text;
    const int lines = random.bounded(1, 40);
    for (int i = 0; i < lines; ++i)
        text += kLines[random.bounded(int(kLines.size()) - (isTidy ? kFormulaLines : 0))] + QLatin1Char('\n');
    if (!isTidy)
        text.chop(random.bounded(0, 4));
    return text;
}

/// What is shown, however it is put into blocks: prose paragraph by paragraph.
QVector<MarkdownBlock> ungrouped(const QVector<MarkdownBlock> &blocks)
{
    QVector<MarkdownBlock> result;
    for (MarkdownBlock block : blocks) {
        block.joinsQuote = false;
        if (block.kind != MarkdownBlock::Prose) {
            result << block;
            continue;
        }
        for (const Paragraph &paragraph : std::exchange(block.paragraphs, {})) {
            result << block;
            result.last().paragraphs << paragraph;
        }
    }
    return result;
}

QString textOf(const MarkdownBlock &block)
{
    QString text = block.text;
    for (const Paragraph &paragraph : block.paragraphs) {
        for (const InlineRun &run : paragraph.runs)
            text += run.text;
    }
    return text;
}

QVector<int> kinds(const QVector<MarkdownBlock> &blocks)
{
    QVector<int> result;
    for (const MarkdownBlock &block : blocks)
        result << int(block.kind);
    return result;
}

} // namespace

class MarkdownSplitterTest : public QObject {
    Q_OBJECT

private slots:
    void an_open_fence_is_code_already()
    {
        const auto blocks = split(QStringLiteral("```js\nlet a"));
        QCOMPARE(kinds(blocks), QVector<int> { MarkdownBlock::Code });
        QCOMPARE(blocks[0].text, QStringLiteral("let a"));
        QCOMPARE(blocks[0].language, QStringLiteral("js"));
    }

    void the_first_marks_of_a_closing_fence_are_not_shown()
    {
        QCOMPARE(split(QStringLiteral("```\na\n``")).first().text, QStringLiteral("a"));
    }

    void code_keeps_its_empty_lines_and_loses_the_fence_s_indentation()
    {
        QCOMPARE(split(QStringLiteral("  ```\n\n  a\n\n    b\n\n  ```\nend")).first().text,
                 QStringLiteral("\na\n\n  b\n"));
    }

    void a_shorter_fence_does_not_close_a_longer_one()
    {
        const auto blocks = split(QStringLiteral("````\n```\n````\nx"));
        QCOMPARE(kinds(blocks), QVector<int>({ MarkdownBlock::Code, MarkdownBlock::Prose }));
        QCOMPARE(blocks[0].text, QStringLiteral("```"));
    }

    void a_list_goes_on_behind_its_code()
    {
        const auto blocks = split(QStringLiteral("1. Run\n   ```sh\n   make\n     test\n   ```\n2. Wait"));
        QCOMPARE(kinds(blocks),
                 QVector<int>({ MarkdownBlock::Prose, MarkdownBlock::Code, MarkdownBlock::Prose }));
        QCOMPARE(blocks[1].text, QStringLiteral("make\n  test"));
        QCOMPARE(blocks[1].indent, 1);
        QCOMPARE(blocks[2].paragraphs.first().marker, QStringLiteral("2."));
    }

    void pieces_parse_as_the_parser_takes_the_whole()
    {
        QRandomGenerator random(77);
        for (int round = 0; round < 2000; ++round) {
            QString text;
            for (int part = random.bounded(1, 5); part > 0; --part)
                text += randomMarkdown(random, true) + QStringLiteral("\n\n");
            QVERIFY2(ungrouped(split(text)) == ungrouped(parseMarkdown(text).blocks), qPrintable(text));
        }
    }

    void any_cuts_give_the_blocks_of_the_whole_text()
    {
        QRandomGenerator random(20240);
        for (int round = 0; round < 3000; ++round) {
            const QString text = randomMarkdown(random);
            MarkdownSplitter pieces;
            for (qsizetype at = 0; at < text.size();) {
                const qsizetype length = 1 + random.bounded(random.bounded(2) ? 3 : 200);
                const QVector<MarkdownBlock> before = pieces.blocks();
                const qsizetype changed = pieces.append(QStringView(text).mid(at, length));
                QVERIFY(pieces.blocks().size() >= changed);
                QCOMPARE(pieces.blocks().first(changed), before.first(changed));
                at += length;
            }
            QCOMPARE(pieces.text(), text);
            QCOMPARE(pieces.blocks(), split(text));
        }
    }

    void a_long_stream_of_prose_costs_linear_work()
    {
        MarkdownSplitter splitter;
        const QString paragraph =
            QStringLiteral("Seventeen bees went out to look for heather, and came home late.\n\n");
        for (int i = 0; i < 2000; ++i) {
            for (qsizetype at = 0; at < paragraph.size(); at += 5)
                splitter.append(QStringView(paragraph).mid(at, 5));
        }
        const qint64 steps = splitter.text().size() / 5 + 2000;
        QVERIFY2(splitter.parsedCharacters() < steps * 3600,
                 qPrintable(QString::number(splitter.parsedCharacters())));
    }

    void a_long_line_costs_linear_work_and_loses_nothing()
    {
        MarkdownSplitter splitter;
        const QString text = QStringLiteral("never a line end, ").repeated(6000);
        for (qsizetype at = 0; at < text.size(); at += 40)
            splitter.append(QStringView(text).mid(at, 40));
        QVERIFY(splitter.parsedCharacters() < text.size() / 40 * 9000);
        QString shown;
        for (const MarkdownBlock &block : splitter.blocks())
            shown += textOf(block);
        QCOMPARE(shown.remove(u' '), QString(text).remove(u' '));
    }

    void code_in_a_list_that_never_ends_stays_code()
    {
        const QString line = QStringLiteral("   int x = 1; // and on and on\n");
        const auto blocks = split(QStringLiteral("1. Look:\n   ```cpp\n") + line.repeated(3000)
                                  + QStringLiteral("   ```\nEnd."));
        QCOMPARE(kinds(blocks),
                 QVector<int>({ MarkdownBlock::Prose, MarkdownBlock::Code, MarkdownBlock::Prose }));
        QCOMPARE(blocks[1].text.count(u'\n'), 2999);
        QCOMPARE(textOf(blocks[2]), QStringLiteral("End."));
    }

    void hostile_text_is_bounded_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("quotes") << QStringLiteral(">").repeated(1000) + QStringLiteral(" x");
        QTest::newRow("lists on a line") << QStringLiteral("- ").repeated(1000) + u'x';
        QString nested;
        for (int depth = 0; depth < 1000; ++depth)
            nested += QString(2 * depth, u' ') + QStringLiteral("- x\n");
        QTest::newRow("nested lists") << nested;
        QTest::newRow("100 KB without a line end") << QString(100'000, u'x');
        QTest::newRow("rules") << QStringLiteral("---\n").repeated(20'000);
        QTest::newRow("columns") << QStringLiteral("|").repeated(4000) + u'\n'
                + QStringLiteral("|-").repeated(4000) + u'\n' + QStringLiteral("|").repeated(4000);
        QTest::newRow("rows") << QStringLiteral("|a|b|\n|-|-|\n")
                + QStringLiteral("|x|y|\n").repeated(20'000);
        QTest::newRow("opened formulas") << QStringLiteral("\\(a ").repeated(20'000);
        QTest::newRow("dollars") << QStringLiteral("$ a$b $").repeated(20'000);
        QTest::newRow("backticks") << QStringLiteral("` `` ``` ").repeated(10'000);
        QTest::newRow("brackets") << QStringLiteral("[").repeated(50'000);
        QTest::newRow("stars") << QStringLiteral("*a **b _c ").repeated(10'000);
    }
    void hostile_text_is_bounded()
    {
        QFETCH(QString, text);
        for (const MarkdownBlock &block : split(text)) {
            QVERIFY(block.indent <= 8 && block.quoteDepth <= 6);
            QVERIFY(block.table.columns.size() <= 64);
            QVERIFY(block.table.rows.size() * block.table.columns.size() <= 1100);
            QVERIFY(textOf(block).size() <= 40'000);
            for (const Paragraph &paragraph : block.paragraphs)
                QVERIFY(paragraph.listDepth <= 8);
        }
    }
};

QTEST_GUILESS_MAIN(MarkdownSplitterTest)
#include "markdown_splitter_test.moc"
