#include "ui/markdown/prose_writer.h"

#include <QRandomGenerator>
#include <QTest>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextTable>

using namespace kvasir::ui;

namespace {

/// Remembers whether anything was asked for.
class WatchedDocument : public QTextDocument {
public:
    QStringList loads;

protected:
    QVariant loadResource(int, const QUrl &name) override
    {
        loads << name.toString();
        return {};
    }
};

ProseStyle style()
{
    ProseStyle result;
    result.text = Qt::black;
    result.muted = Qt::gray;
    result.link = Qt::blue;
    result.codeBackground = Qt::yellow;
    result.monoFamily = QStringLiteral("monospace");
    return result;
}

QString shown(const QString &markdown)
{
    QTextDocument document;
    writeProse(document, markdown, style());
    return document.toPlainText();
}

QStringList anchors(const QTextDocument &document)
{
    QStringList result;
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        for (const QTextLayout::FormatRange &range : block.textFormats()) {
            if (range.format.isAnchor())
                result << range.format.anchorHref();
        }
    }
    return result;
}

} // namespace

class ProseWriterTest : public QObject {
    Q_OBJECT

private slots:
    void a_single_line_end_breaks_the_line()
    {
        QCOMPARE(shown(QStringLiteral("one\ntwo\n\nthree")), QStringLiteral("one\ntwo\nthree"));
    }

    void html_is_shown_as_it_is_written()
    {
        const QString html =
            QStringLiteral("<script>alert(1)</script> <b>x</b> <img src=\"http://a/b.png\">");
        QCOMPARE(shown(html), html);
    }

    void nothing_is_ever_loaded()
    {
        WatchedDocument document;
        writeProse(document,
                   QStringLiteral("![a cat](https://example.org/cat.png) <img src='file:///etc/passwd'> "
                                  "<link rel=stylesheet href=http://x/y.css>"),
                   style());
        document.setTextWidth(300);
        QVERIFY(document.size().height() > 0);
        QCOMPARE(document.loads, QStringList());
        QVERIFY(document.toPlainText().startsWith(QStringLiteral("a cat <img")));
    }

    void only_web_and_mail_links_are_links()
    {
        QTextDocument document;
        writeProse(document,
                   QStringLiteral(
                       "[a](https://example.org) [b](javascript:alert) [c](file:///etc/passwd) "
                       "[d](mailto:a@example.org) [e](relative) [f](data:text/html,x) https://example.net"),
                   style());
        QCOMPARE(anchors(document),
                 QStringList({ QStringLiteral("https://example.org"), QStringLiteral("mailto:a@example.org"),
                               QStringLiteral("https://example.net") }));
        QVERIFY(!isSafeLink(QStringLiteral("qrc:/x")));
        QVERIFY(isSafeLink(QStringLiteral("HTTPS://example.org/")));
    }

    void a_list_that_goes_on_keeps_its_numbers()
    {
        QCOMPARE(shown(QStringLiteral("4. four\n5. five\n   - in\n6. six")),
                 QStringLiteral("4.\tfour\n5.\tfive\n•\tin\n6.\tsix"));
    }

    void entities_and_escapes_become_their_characters()
    {
        QCOMPARE(shown(QStringLiteral("&lt;b&gt; &amp; &hellip; &#x41; \\*no\\*")),
                 QStringLiteral("<b> & … A *no*"));
    }

    void a_table_has_its_rows_and_columns()
    {
        QTextDocument document;
        writeProse(document, QStringLiteral("Before\n\n| a | b |\n| --- | ---: |\n| 1 | 2 |\n\nAfter"),
                   style());
        const auto frames = document.rootFrame()->childFrames();
        QCOMPARE(frames.size(), 1);
        auto *table = qobject_cast<QTextTable *>(frames.first());
        QVERIFY(table);
        QCOMPARE(table->rows(), 2);
        QCOMPARE(table->columns(), 2);
        QCOMPARE(table->cellAt(1, 1).firstCursorPosition().block().text(), QStringLiteral("2"));
        QCOMPARE(document.lastBlock().text(), QStringLiteral("After"));
    }

    void headings_stay_near_the_size_of_the_text()
    {
        QTextDocument document;
        writeProse(document, QStringLiteral("# Big"), style());
        const int size =
            document.begin().textFormats().first().format.property(QTextFormat::FontPixelSize).toInt();
        QVERIFY(size > 15 && size <= 24);
    }

    void plain_text_keeps_every_character()
    {
        QTextDocument document;
        const QString text = QStringLiteral("# not a heading\n* 2 * 3 * <b>\n\n\tx");
        writePlain(document, text, style());
        QCOMPARE(document.toPlainText(), text);
    }

    void any_text_at_all_can_be_written()
    {
        static const QString kAlphabet = QStringLiteral("*_`~[]()<>!#|->\n\n  :\\&;1.ab\tü\u2028");
        QRandomGenerator random(7);
        QTextDocument document;
        for (int round = 0; round < 4000; ++round) {
            QString text;
            for (int i = random.bounded(1, 80); i > 0; --i)
                text += kAlphabet[random.bounded(int(kAlphabet.size()))];
            writeProse(document, text, style());
            QVERIFY(document.blockCount() >= 1);
            for (const QString &href : anchors(document))
                QVERIFY2(isSafeLink(href), qPrintable(href));
        }
    }
};

QTEST_MAIN(ProseWriterTest)
#include "prose_writer_test.moc"
