#include "ui/markdown/markdown_splitter.h"

#include <QRandomGenerator>
#include <QTest>

using namespace kvasir::ui;
using Kind = MarkdownBlock::Kind;

namespace {

QVector<MarkdownBlock> split(const QString &text)
{
    MarkdownSplitter splitter;
    splitter.append(text);
    return splitter.blocks();
}

/// Lines that matter to the splitter, and some that only look like it.
QString randomMarkdown(QRandomGenerator &random)
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
        QStringLiteral("ünïcode 🐝 é"),
        QStringLiteral("x\r"),
        QString(700, QLatin1Char('w')),
    };
    QString text;
    const int lines = random.bounded(1, 40);
    for (int i = 0; i < lines; ++i)
        text += kLines[random.bounded(int(kLines.size()))] + QLatin1Char('\n');
    text.chop(random.bounded(0, 4));
    return text;
}

} // namespace

class MarkdownSplitterTest : public QObject {
    Q_OBJECT

private slots:
    void a_fence_makes_a_block_with_its_language()
    {
        const auto blocks = split(QStringLiteral("Look:\n```python\nx = 1\n\ny = 2\n```\nDone."));
        QCOMPARE(blocks.size(), 3);
        QCOMPARE(blocks[0], (MarkdownBlock { Kind::Prose, QStringLiteral("Look:"), {} }));
        QCOMPARE(blocks[1],
                 (MarkdownBlock { Kind::Code, QStringLiteral("x = 1\n\ny = 2"), QStringLiteral("python") }));
        QCOMPARE(blocks[2], (MarkdownBlock { Kind::Prose, QStringLiteral("Done."), {} }));
    }

    void an_open_fence_is_code_already()
    {
        const auto blocks = split(QStringLiteral("```js\nlet a"));
        QCOMPARE(blocks.size(), 1);
        QCOMPARE(blocks[0], (MarkdownBlock { Kind::Code, QStringLiteral("let a"), QStringLiteral("js") }));
    }

    void the_first_marks_of_a_closing_fence_are_not_shown()
    {
        QCOMPARE(split(QStringLiteral("```\na\n``")).first().text, QStringLiteral("a"));
    }

    void an_indented_fence_loses_its_indentation()
    {
        const auto blocks = split(QStringLiteral("1. Run\n   ```\n   make\n     test\n   ```\n2. Wait"));
        QCOMPARE(blocks.size(), 3);
        QCOMPARE(blocks[1].text, QStringLiteral("make\n  test"));
        QCOMPARE(blocks[2].text, QStringLiteral("2. Wait"));
    }

    void a_shorter_fence_does_not_close_a_longer_one()
    {
        const auto blocks = split(QStringLiteral("````\n```\n````"));
        QCOMPARE(blocks.size(), 1);
        QCOMPARE(blocks[0].text, QStringLiteral("```"));
    }

    void quotes_and_rules_are_blocks_of_their_own()
    {
        const auto blocks = split(QStringLiteral("A\n\n> b\n> c\n\nd\n\n---\n\ne\n"));
        QCOMPARE(blocks.size(), 5);
        QCOMPARE(blocks[1], (MarkdownBlock { Kind::Quote, QStringLiteral("b\nc"), {} }));
        QCOMPARE(blocks[3].kind, Kind::Rule);
    }

    void dashes_below_a_line_stay_a_heading()
    {
        const auto blocks = split(QStringLiteral("Title\n---\n"));
        QCOMPARE(blocks.size(), 1);
        QCOMPARE(blocks[0].text, QStringLiteral("Title\n---"));
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
        QVERIFY2(splitter.scannedCharacters() < steps * 1500,
                 qPrintable(QString::number(splitter.scannedCharacters())));
    }
};

QTEST_GUILESS_MAIN(MarkdownSplitterTest)
#include "markdown_splitter_test.moc"
