#include "ui/markdown/prose_writer.h"

#include "ui/markdown/formula_room.h"
#include "ui/markdown/prose_formats.h"
#include "ui/markdown/text_direction.h"

#include <QTextCursor>
#include <QTextDocument>
#include <QTextTable>

#include <algorithm>

namespace kvasir::ui {
namespace {

/// Writes through one cursor.
class ProseWriter {
public:
    ProseWriter(QTextDocument &document, const ProseStyle &style, const FormulaMeasure &measure)
        : m_formats(document, style)
        , m_measure(measure)
        , m_cursor(&document)
    {
        document.setUndoRedoEnabled(false);
        document.setDocumentMargin(0);
        m_cursor.beginEditBlock();
        m_cursor.select(QTextCursor::Document);
        m_cursor.removeSelectedText();
    }

    ~ProseWriter() { m_cursor.endEditBlock(); }

    void writeParagraphs(const QVector<Paragraph> &paragraphs)
    {
        for (qsizetype i = 0; i < paragraphs.size(); ++i) {
            const Paragraph &paragraph = paragraphs[i];
            const QTextCharFormat base =
                paragraph.headingLevel > 0 ? m_formats.heading(paragraph.headingLevel) : m_formats.body();
            beginBlock(m_formats.paragraph(paragraph, i == 0), base, i == 0);
            if (!paragraph.marker.isEmpty())
                m_cursor.insertText(paragraph.marker + u'\t', m_formats.muted());
            writeRuns(paragraph.runs, base);
        }
    }

    void writeTable(const MarkdownTable &table)
    {
        if (table.rows.isEmpty())
            return;
        QTextTableFormat format;
        format.setBorder(0);
        format.setCellPadding(0);
        format.setCellSpacing(0);
        QTextTable *written = m_cursor.insertTable(int(table.rows.size()), int(table.columns.size()), format);
        for (int row = 0; row < written->rows(); ++row) {
            const auto &cells = table.rows[row];
            for (int column = 0; column < written->columns(); ++column)
                writeCell(written->cellAt(row, column), cells[column], table.columns[column],
                          row == 0 && table.hasHeading);
        }
        m_cursor = written->lastCursorPosition();
        m_cursor.movePosition(QTextCursor::NextBlock);
        shrinkBlock();
    }

    void writeText(const QString &text)
    {
        if (!hasRightToLeft(text)) {
            beginBlock(m_formats.line(), m_formats.body(), true);
            m_cursor.insertText(text, m_formats.body());
            return;
        }
        bool isFirst = true;
        for (const QStringView line : QStringView(text).tokenize(u'\n')) {
            beginBlock(m_formats.line(directionOf(line)), m_formats.body(), isFirst);
            m_cursor.insertText(line.toString(), m_formats.body());
            isFirst = false;
        }
    }

private:
    void beginBlock(const QTextBlockFormat &block, const QTextCharFormat &format, bool isFirst)
    {
        if (isFirst)
            m_cursor.setBlockFormat(block);
        else
            m_cursor.insertBlock(block, format);
        m_cursor.setBlockCharFormat(format);
    }

    void writeCell(QTextTableCell cell, const MarkdownTable::Cell &runs, ColumnAlignment alignment,
                   bool heading)
    {
        m_cursor = cell.firstCursorPosition();
        QTextBlockFormat block = m_formats.line(directionOf(runs));
        if (alignment != ColumnAlignment::Left)
            block.setAlignment(alignment == ColumnAlignment::Right ? Qt::AlignRight : Qt::AlignHCenter);
        m_cursor.setBlockFormat(block);
        cell.setFormat(m_formats.cell()); // this is also the block's own character format
        QTextCharFormat base = m_formats.body();
        if (heading)
            base.setFontWeight(QFont::DemiBold);
        writeRuns(runs, base);
    }

    void writeRuns(const QVector<InlineRun> &runs, const QTextCharFormat &base)
    {
        for (const InlineRun &run : runs) {
            const auto extent = run.styles & InlineRun::Math ? m_measure(run) : std::nullopt;
            if (extent)
                m_cursor.insertText(QString(QChar::ObjectReplacementCharacter),
                                    formulaFormat(base, run.text, run.styles & InlineRun::Display, *extent));
            else
                m_cursor.insertText(run.text, m_formats.run(run, base));
        }
    }

    /// Makes the empty block that follows every table as low as can be.
    void shrinkBlock()
    {
        QTextBlockFormat format;
        format.setLineHeight(1, QTextBlockFormat::FixedHeight);
        QTextCharFormat tiny;
        tiny.setProperty(QTextFormat::FontPixelSize, 1);
        m_cursor.setBlockFormat(format);
        m_cursor.setBlockCharFormat(tiny);
    }

    const ProseFormats m_formats;
    const FormulaMeasure &m_measure;
    QTextCursor m_cursor;
};

} // namespace

void writeBlock(QTextDocument &document, const MarkdownBlock &block, const ProseStyle &style,
                const FormulaMeasure &measure)
{
    ProseWriter writer(document, style, measure);
    if (block.kind == MarkdownBlock::Table)
        writer.writeTable(block.table);
    else
        writer.writeParagraphs(block.paragraphs);
}

void writePlain(QTextDocument &document, const QString &text, const ProseStyle &style)
{
    const FormulaMeasure none = [](const InlineRun &) { return std::nullopt; };
    ProseWriter(document, style, none).writeText(text);
}

} // namespace kvasir::ui
