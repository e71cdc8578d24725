#include "ui/markdown/formula_room.h"
#include "ui/markdown/markdown_parser.h"
#include "ui/markdown/prose_writer.h"

#include <QAbstractTextDocumentLayout>
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

const FormulaMeasure kSource = [](const InlineRun &) { return std::nullopt; };
const FormulaMeasure kTypeset = [](const InlineRun &formula) {
    return FormulaExtent { 10.0 * double(formula.text.size()), 12, formula.text == u"deep" ? 30.0 : 3.0 };
};

/// Writes the first block of a text.
void write(QTextDocument &document, const QString &markdown, const FormulaMeasure &measure = kSource)
{
    writeBlock(document, parseMarkdown(markdown).blocks.value(0), style(), measure);
}

QString all(const QTextDocument &document)
{
    return sourceBetween(document, 0, document.characterCount());
}

} // namespace

class ProseWriterTest : public QObject {
    Q_OBJECT

private slots:
    void nothing_is_ever_loaded()
    {
        WatchedDocument document;
        write(document,
              QStringLiteral("![a cat](https://example.org/cat.png) <img src='file:///etc/passwd'> "
                             "<link rel=stylesheet href=http://x/y.css>"));
        document.setTextWidth(300);
        QVERIFY(document.size().height() > 0);
        QCOMPARE(document.loads, QStringList());
        QVERIFY(document.toPlainText().startsWith(QStringLiteral("a cat <img")));
    }

    void a_list_has_its_markers()
    {
        QTextDocument document;
        write(document, QStringLiteral("4. four\n5. five\n   - in\n6. six"));
        QCOMPARE(document.toPlainText(), QStringLiteral("4.\tfour\n5.\tfive\n•\tin\n6.\tsix"));
        QVERIFY(document.findBlockByNumber(2).blockFormat().leftMargin()
                > document.findBlockByNumber(1).blockFormat().leftMargin());
    }

    void a_table_has_its_rows_and_columns()
    {
        QTextDocument document;
        write(document, QStringLiteral("| a | b |\n| --- | ---: |\n| 1 | 2 |"));
        const auto frames = document.rootFrame()->childFrames();
        QCOMPARE(frames.size(), 1);
        auto *table = qobject_cast<QTextTable *>(frames.first());
        QVERIFY(table);
        QCOMPARE(table->rows(), 2);
        QCOMPARE(table->columns(), 2);
        QCOMPARE(table->cellAt(1, 1).firstCursorPosition().blockFormat().alignment(), Qt::AlignRight);
        QCOMPARE(all(document), QStringLiteral("a\tb\n1\t2"));
    }

    void headings_stay_near_the_size_of_the_text()
    {
        QTextDocument document;
        write(document, QStringLiteral("# Big"));
        const int size =
            document.begin().textFormats().first().format.property(QTextFormat::FontPixelSize).toInt();
        QVERIFY(size > 15 && size <= 24);
    }

    void a_formula_takes_its_room_on_the_baseline()
    {
        for (const QString &latex : { QStringLiteral("flat"), QStringLiteral("deep") }) {
            QTextDocument document;
            reserveFormulaRoom(document);
            write(document, QStringLiteral("before $%1$ behind").arg(latex), kTypeset);
            document.setTextWidth(400);
            QVERIFY(document.size().height() > 0);
            const auto formulas = placedFormulas(document);
            QCOMPARE(formulas.size(), 1);
            QCOMPARE(formulas[0].latex, latex);
            QCOMPARE(formulas[0].rect.width(), 40.0);
            const QTextLine line = document.begin().layout()->lineAt(0);
            const qreal baseline =
                document.documentLayout()->blockBoundingRect(document.begin()).y() + line.y() + line.ascent();
            QCOMPARE(formulas[0].rect.top() + 12, baseline);
            QVERIFY(formulas[0].rect.bottom() <= document.size().height());
            QVERIFY(formulas[0].rect.left() > 20);
        }
    }

    void a_formula_among_letters_from_right_to_left_has_its_room_there()
    {
        QTextDocument document;
        reserveFormulaRoom(document);
        write(document, QStringLiteral("\u05d0\u05d1 $flat$ \u05d2\u05d3"), kTypeset);
        document.setTextWidth(400);
        QVERIFY(document.size().height() > 0);
        const auto formulas = placedFormulas(document);
        QCOMPARE(formulas.size(), 1);
        const QTextLine line = document.begin().layout()->lineAt(0);
        QVERIFY(line.cursorToX(0) > 390);
        QVERIFY(formulas[0].rect.right() < line.cursorToX(2) + 0.5); // left of the two letters before it
        QVERIFY(formulas[0].rect.left() > line.cursorToX(5) - 0.5); // right of those behind
        QCOMPARE(formulas[0].rect.width(), 40.0);
    }

    void formulas_are_copied_as_latex()
    {
        QTextDocument document;
        reserveFormulaRoom(document);
        write(document, QStringLiteral("so $a$ $$b$$ and\n$c$, $c$"), kTypeset);
        QCOMPARE(all(document), QStringLiteral("so $a$ $$b$$ and\n$c$, $c$"));
        QCOMPARE(placedFormulas(document).size(), 4);
        QCOMPARE(sourceBetween(document, 1, 4), QStringLiteral("o $a$"));
    }

    void a_formula_that_is_not_typeset_shows_its_source()
    {
        QTextDocument document;
        write(document, QStringLiteral("so $\\frac{1}{$"));
        QCOMPARE(document.toPlainText(), QStringLiteral("so \\frac{1}{"));
    }

    void every_paragraph_has_its_own_direction()
    {
        // As an editor has it whose text begins from right to left.
        QTextOption rightToLeft;
        rightToLeft.setTextDirection(Qt::RightToLeft);
        const QString arabic = QStringLiteral("\u0645\u0631\u062d\u0628\u0627");
        const QVector<Qt::LayoutDirection> expected { Qt::RightToLeft, Qt::LeftToRight, Qt::RightToLeft };

        QTextDocument document;
        document.setDefaultTextOption(rightToLeft);
        write(document, arabic + QStringLiteral("\n\n**<b>**ut\n\n- `code` ") + arabic);
        QVector<Qt::LayoutDirection> directions;
        for (QTextBlock block = document.begin(); block.isValid(); block = block.next())
            directions << block.textDirection();
        QCOMPARE(directions, expected);
        QVERIFY(document.lastBlock().blockFormat().rightMargin() > 0);
        QCOMPARE(document.lastBlock().blockFormat().leftMargin(), 0.0);

        const QString lines = arabic + QStringLiteral("\n1. but\n") + arabic;
        writePlain(document, lines, style());
        QCOMPARE(document.toPlainText(), lines);
        directions.clear();
        for (QTextBlock block = document.begin(); block.isValid(); block = block.next())
            directions << block.textDirection();
        QCOMPARE(directions, expected);
    }

    void plain_text_keeps_every_character()
    {
        QTextDocument document;
        const QString text = QStringLiteral("\n# not a heading\n* 2 * 3 * <b> $x$\n\n\tx\n\n");
        writePlain(document, text, style());
        QCOMPARE(document.toPlainText(), text);
        QCOMPARE(sourceBetween(document, 0, document.characterCount() - 1), text);
        QCOMPARE(sourceBetween(document, 0, int(text.size()) - 1), text.chopped(1));
    }
};

QTEST_MAIN(ProseWriterTest)
#include "prose_writer_test.moc"
