#include "ui/markdown/markdown_parser.h"
#include "ui/markdown/safe_text.h"

#include <QRandomGenerator>
#include <QTest>

using namespace kvasir::ui;

namespace {

QVector<MarkdownBlock> blocksOf(const QString &text)
{
    return parseMarkdown(text).blocks;
}

/// The runs of a text that is one paragraph.
QVector<InlineRun> runsOf(const QString &text)
{
    const QVector<MarkdownBlock> blocks = blocksOf(text);
    return blocks.size() == 1 && blocks[0].paragraphs.size() == 1 ? blocks[0].paragraphs[0].runs
                                                                  : QVector<InlineRun> {};
}

QString shown(const QVector<InlineRun> &runs)
{
    QString text;
    for (const InlineRun &run : runs)
        text += run.text;
    return text;
}

QStringList formulasIn(const QString &text)
{
    QStringList formulas;
    for (const MarkdownBlock &block : blocksOf(text)) {
        if (block.kind == MarkdownBlock::Math)
            formulas << block.text;
        for (const Paragraph &paragraph : block.paragraphs) {
            for (const InlineRun &run : paragraph.runs) {
                if (run.styles & InlineRun::Math)
                    formulas << run.text;
            }
        }
    }
    return formulas;
}

QStringList links(const QVector<MarkdownBlock> &blocks)
{
    QStringList hrefs;
    for (const MarkdownBlock &block : blocks) {
        for (const Paragraph &paragraph : block.paragraphs) {
            for (const InlineRun &run : paragraph.runs) {
                if (!run.href.isEmpty())
                    hrefs << run.href;
            }
        }
    }
    return hrefs;
}

} // namespace

class MarkdownParserTest : public QObject {
    Q_OBJECT

private slots:
    void a_single_line_end_breaks_the_line()
    {
        QCOMPARE(shown(runsOf(QStringLiteral("one\ntwo"))), QStringLiteral("one\u2028two"));
    }

    void marks_become_styles()
    {
        const auto runs = runsOf(QStringLiteral("a **b *c*** ~~d~~ `e` ![f](http://x/y.png)"));
        QCOMPARE(shown(runs), QStringLiteral("a b c d e f"));
        QVector<unsigned> styles;
        for (const InlineRun &run : runs) {
            if (run.styles)
                styles << run.styles;
        }
        QCOMPARE(styles,
                 QVector<unsigned>({ InlineRun::Bold, InlineRun::Bold | InlineRun::Italic, InlineRun::Strike,
                                     InlineRun::Code, InlineRun::Image }));
    }

    void html_is_shown_as_it_is_written()
    {
        const QString html =
            QStringLiteral("<script>alert(1)</script> <b>x</b> <img src=\"http://a/b.png\">");
        QCOMPARE(shown(runsOf(html)), html);
    }

    void only_web_and_mail_links_are_links()
    {
        QCOMPARE(links(blocksOf(QStringLiteral(
                     "[a](https://example.org) [b](javascript:alert) [c](file:///etc/passwd) "
                     "[d](mailto:a@example.org) [e](relative) [f](data:text/html,x) https://example.net"))),
                 QStringList({ QStringLiteral("https://example.org"), QStringLiteral("mailto:a@example.org"),
                               QStringLiteral("https://example.net") }));
        QVERIFY(!isSafeLink(QStringLiteral("qrc:/x")));
        QVERIFY(isSafeLink(QStringLiteral("HTTPS://example.org/")));
    }

    void items_keep_their_numbers_and_depths()
    {
        const auto blocks =
            blocksOf(QStringLiteral("4. four\n5. five\n   - in\n6. six\n\n- [x] done\n- [ ] open"));
        QCOMPARE(blocks.size(), 1);
        QStringList markers;
        QVector<int> depths;
        for (const Paragraph &paragraph : blocks[0].paragraphs) {
            markers << paragraph.marker;
            depths << paragraph.listDepth;
        }
        QCOMPARE(markers.join(u' '), QStringLiteral("4. 5. • 6. ☑ ☐"));
        QCOMPARE(depths, QVector<int>({ 1, 1, 2, 1, 1, 1 }));
    }

    void a_quote_holds_lists_and_code()
    {
        const auto blocks = blocksOf(QStringLiteral("> a\n> - b\n>   ```c\n>   d\n>   ```\n> > e\n\nf"));
        QCOMPARE(blocks.size(), 4);
        QCOMPARE(blocks[0].paragraphs.size(), 2);
        QCOMPARE(blocks[1].kind, MarkdownBlock::Code);
        QCOMPARE(blocks[1].text, QStringLiteral("d"));
        QCOMPARE(blocks[1].innerIndent, 1);
        QVERIFY(blocks[1].joinsQuote);
        QCOMPARE(blocks[2].quoteDepth, 2);
        QCOMPARE(blocks[3].quoteDepth, 0);
    }

    void two_quotes_are_two_blocks()
    {
        const auto blocks = blocksOf(QStringLiteral("> a\n\n> b"));
        QCOMPARE(blocks.size(), 2);
        QVERIFY(!blocks[1].joinsQuote);
    }

    void a_table_has_its_rows_columns_and_formulas()
    {
        const auto blocks =
            blocksOf(QStringLiteral("Before\n\n| a | b |\n| --- | ---: |\n| $|x|$ | `2` |\n\nAfter"));
        QCOMPARE(blocks.size(), 3);
        const MarkdownTable &table = blocks[1].table;
        QCOMPARE(table.rows.size(), 2);
        QVERIFY(table.columns == QVector<ColumnAlignment>({ ColumnAlignment::Left, ColumnAlignment::Right }));
        QCOMPARE(shown(table.rows[1][0]), QStringLiteral("|x|"));
        QCOMPARE(table.rows[1][0][0].styles, unsigned(InlineRun::Math));
        QCOMPARE(shown(table.rows[1][1]), QStringLiteral("2"));
    }

    void formulas_are_found_in_all_four_ways()
    {
        QCOMPARE(formulasIn(QStringLiteral("$a$ and $$b$$ and \\(c\\) and \\[d\\]")),
                 QStringList(
                     { QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c"), QStringLiteral("d") }));
    }

    void prices_variables_and_code_are_no_formulas()
    {
        for (const QString &text :
             { QStringLiteral("from $5 to $10"), QStringLiteral("US$5 or $6"), QStringLiteral("$5 or 10$"),
               QStringLiteral("`$a$` and ``$b` $``"), QStringLiteral("$HOME/$USER"),
               QStringLiteral("\\$a\\$"), QStringLiteral("```\n$a$\n```"), QStringLiteral("- ~~~\n  $a$\n"),
               QStringLiteral("$a\n\nb$"), QStringLiteral("$ a $") })
            QCOMPARE(formulasIn(text), QStringList());
    }

    void marks_inside_of_formulas_mean_nothing()
    {
        const auto runs = runsOf(QStringLiteral("so \\(a*b\\) **and** $x_1 * y_2 \\\\ [a](b)$ *it*"));
        QCOMPARE(shown(runs), QStringLiteral("so a*b and x_1 * y_2 \\\\ [a](b) it"));
        QCOMPARE(runs[1].styles, unsigned(InlineRun::Math));
        QCOMPARE(runs.last().styles, unsigned(InlineRun::Italic));
    }

    void a_displayed_formula_alone_is_a_block()
    {
        const auto blocks = blocksOf(QStringLiteral("It is\n\n\\[\nx^2\n\\]\n\nand\n\n> $$\n> y\n> $$"));
        QCOMPARE(blocks.size(), 4);
        QCOMPARE(blocks[1].kind, MarkdownBlock::Math);
        QCOMPARE(blocks[1].text, QStringLiteral("x^2"));
        QCOMPARE(blocks[3].text, QStringLiteral("y"));
        QCOMPARE(blocks[3].quoteDepth, 1);
    }

    void a_formula_whose_end_has_not_come_is_open()
    {
        const auto blocks = blocksOf(QStringLiteral("It is\n\n\\[\nx * y *"));
        QCOMPARE(blocks.last().kind, MarkdownBlock::Math);
        QVERIFY(blocks.last().open);
        QCOMPARE(blocks.last().text, QStringLiteral("x * y *"));
    }

    void what_reorders_text_is_written_out()
    {
        QCOMPARE(shown(runsOf(QStringLiteral("a\u202Eb\u2066c"))), QStringLiteral("a[U+202E]b[U+2066]c"));
        QCOMPARE(blocksOf(QStringLiteral("```\nif (x\u202E)\n```")).first().text,
                 QStringLiteral("if (x[U+202E])"));
        QCOMPARE(visibleText(QStringLiteral("שלום \u200E")), QStringLiteral("שלום \u200E"));
    }

    void entities_and_escapes_become_their_characters()
    {
        QCOMPARE(shown(runsOf(QStringLiteral("&lt;b&gt; &amp; &hellip; &#x41; \\*no\\*"))),
                 QStringLiteral("<b> & … A *no*"));
    }

    void any_text_at_all_can_be_parsed()
    {
        static const QString kAlphabet = QStringLiteral("*_`~[]()<>!#|->\n\n  :\\\\&;1.ab\tü\u2028$$");
        QRandomGenerator random(7);
        for (int round = 0; round < 20000; ++round) {
            QString text;
            for (int i = random.bounded(1, 80); i > 0; --i)
                text += kAlphabet[random.bounded(int(kAlphabet.size()))];
            for (const QString &href : links(blocksOf(text)))
                QVERIFY2(isSafeLink(href), qPrintable(href));
        }
    }
};

QTEST_GUILESS_MAIN(MarkdownParserTest)
#include "markdown_parser_test.moc"
