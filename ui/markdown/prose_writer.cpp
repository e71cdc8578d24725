#include "ui/markdown/prose_writer.h"

#include <QFontMetricsF>
#include <QRegularExpression>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextDocumentFragment>
#include <QTextTable>
#include <QUrl>
#include <QVector>

#include <md4c.h>

#include <algorithm>

namespace kvasir::ui {
namespace {

constexpr unsigned kDialect = MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS | MD_FLAG_PERMISSIVEURLAUTOLINKS
    | MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH;

// Of the body's pixel size.
constexpr qreal kParagraphGap = 0.7;
constexpr qreal kItemGap = 0.25;
constexpr qreal kHeadingGap = 1.2;
constexpr qreal kListIndent = 1.6;
constexpr qreal kCodeSize = 0.9;
constexpr qreal kHeadingSizes[] = { 1.45, 1.2, 1.07, 1.0, 1.0, 1.0 };

QString decodeEntity(const QString &entity)
{
    static const QRegularExpression shape(QStringLiteral("^&#?[0-9A-Za-z]{1,32};$"));
    if (!shape.match(entity).hasMatch())
        return entity;
    return QTextDocumentFragment::fromHtml(entity).toPlainText();
}

QTextCharFormat bodyFormat(const ProseStyle &style)
{
    QTextCharFormat format;
    format.setForeground(style.text);
    format.setProperty(QTextFormat::FontPixelSize, style.pixelSize);
    return format;
}

/// Qt counts a line's height in percent of the font's own, not of its size.
qreal lineHeightPercent(const QTextDocument &document, const ProseStyle &style)
{
    QFont font = document.defaultFont();
    font.setPixelSize(style.pixelSize);
    const qreal natural = QFontMetricsF(font).height();
    return natural > 0 ? std::max(100.0, 100.0 * style.lineHeight * style.pixelSize / natural) : 100.0;
}

QString attributeText(const MD_ATTRIBUTE &attribute)
{
    return QString::fromUtf8(attribute.text, qsizetype(attribute.size));
}

/// Receives the parser's events and writes them through one cursor.
class ProseWriter {
public:
    ProseWriter(QTextDocument &document, const ProseStyle &style)
        : m_style(style)
        , m_cursor(&document)
        , m_body(bodyFormat(style))
        , m_spans { m_body }
        , m_lineHeightPercent(lineHeightPercent(document, style))
    {
    }

    bool run(const QByteArray &utf8)
    {
        MD_PARSER parser = {};
        parser.flags = kDialect;
        parser.enter_block = [](MD_BLOCKTYPE type, void *detail, void *self) {
            static_cast<ProseWriter *>(self)->enterBlock(type, detail);
            return 0;
        };
        parser.leave_block = [](MD_BLOCKTYPE type, void *, void *self) {
            static_cast<ProseWriter *>(self)->leaveBlock(type);
            return 0;
        };
        parser.enter_span = [](MD_SPANTYPE type, void *detail, void *self) {
            static_cast<ProseWriter *>(self)->enterSpan(type, detail);
            return 0;
        };
        parser.leave_span = [](MD_SPANTYPE, void *, void *self) {
            static_cast<ProseWriter *>(self)->endSpan();
            return 0;
        };
        parser.text = [](MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *self) {
            static_cast<ProseWriter *>(self)->text(type, QString::fromUtf8(text, qsizetype(size)));
            return 0;
        };
        m_cursor.beginEditBlock();
        m_cursor.select(QTextCursor::Document);
        m_cursor.removeSelectedText();
        const bool parsed = md_parse(utf8.constData(), MD_SIZE(utf8.size()), &parser, this) == 0;
        if (m_afterTable)
            shrinkBlock(1);
        m_cursor.endEditBlock();
        return parsed;
    }

private:
    struct List {
        bool ordered = false;
        bool tight = true;
        unsigned next = 1;
        QChar delimiter;
    };

    void enterBlock(MD_BLOCKTYPE type, void *detail)
    {
        switch (type) {
        case MD_BLOCK_UL:
            m_lists.append({ false, static_cast<MD_BLOCK_UL_DETAIL *>(detail)->is_tight != 0, 0, {} });
            break;
        case MD_BLOCK_OL: {
            const auto &list = *static_cast<MD_BLOCK_OL_DETAIL *>(detail);
            m_lists.append({ true, list.is_tight != 0, list.start, QLatin1Char(list.mark_delimiter) });
            break;
        }
        case MD_BLOCK_LI:
            m_itemPending = true;
            m_blockOpen = false;
            break;
        case MD_BLOCK_QUOTE:
            ++m_quoteDepth;
            break;
        case MD_BLOCK_H:
            beginHeading(int(static_cast<MD_BLOCK_H_DETAIL *>(detail)->level));
            break;
        case MD_BLOCK_CODE:
            m_inCode = true;
            m_blockOpen = false;
            m_spans.append(codeFormat(m_body));
            break;
        case MD_BLOCK_HR:
            beginBlock(kParagraphGap);
            m_cursor.insertText(QStringLiteral("— — —"), mutedFormat());
            m_blockOpen = false;
            break;
        case MD_BLOCK_TABLE:
            beginTable(*static_cast<MD_BLOCK_TABLE_DETAIL *>(detail));
            break;
        case MD_BLOCK_TR:
            ++m_row;
            m_column = -1;
            break;
        case MD_BLOCK_TH:
        case MD_BLOCK_TD:
            beginCell(type == MD_BLOCK_TH, *static_cast<MD_BLOCK_TD_DETAIL *>(detail));
            break;
        default: // MD_BLOCK_P begins with its first text
            m_blockOpen = false;
            m_spans.resize(1);
            break;
        }
    }

    void leaveBlock(MD_BLOCKTYPE type)
    {
        switch (type) {
        case MD_BLOCK_UL:
        case MD_BLOCK_OL:
            if (!m_lists.isEmpty())
                m_lists.removeLast();
            break;
        case MD_BLOCK_QUOTE:
            --m_quoteDepth;
            break;
        case MD_BLOCK_CODE:
            m_inCode = false;
            endSpan();
            break;
        case MD_BLOCK_H:
        case MD_BLOCK_TH:
        case MD_BLOCK_TD:
            endSpan();
            break;
        case MD_BLOCK_TABLE:
            if (m_table)
                m_cursor = m_table->lastCursorPosition();
            m_cursor.movePosition(QTextCursor::NextBlock);
            m_table = nullptr;
            m_afterTable = true;
            break;
        default:
            break;
        }
        m_blockOpen = m_table && type != MD_BLOCK_TABLE && m_blockOpen;
    }

    void enterSpan(MD_SPANTYPE type, void *detail)
    {
        QTextCharFormat format = m_spans.last();
        switch (type) {
        case MD_SPAN_EM:
            format.setFontItalic(true);
            break;
        case MD_SPAN_STRONG:
            format.setFontWeight(QFont::DemiBold);
            break;
        case MD_SPAN_DEL:
            format.setFontStrikeOut(true);
            break;
        case MD_SPAN_CODE:
            format = codeFormat(format);
            break;
        case MD_SPAN_A: {
            const QString href = attributeText(static_cast<MD_SPAN_A_DETAIL *>(detail)->href);
            if (isSafeLink(href)) {
                format.setAnchor(true);
                format.setAnchorHref(href);
                format.setForeground(m_style.link);
                format.setFontUnderline(true);
            }
            break;
        }
        case MD_SPAN_IMG: // its description is written in place of it
            format.setForeground(m_style.muted);
            format.setFontItalic(true);
            break;
        default:
            break;
        }
        m_spans.append(format);
    }

    /// The parser sometimes ends a span that it did not begin, where marks of several kinds cross.
    void endSpan()
    {
        if (m_spans.size() > 1)
            m_spans.removeLast();
    }

    void text(MD_TEXTTYPE type, QString text)
    {
        if (!m_blockOpen)
            beginBlock(m_lists.isEmpty() || !m_lists.last().tight ? kParagraphGap : kItemGap);
        if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR)
            text = QChar(QChar::LineSeparator);
        else if (type == MD_TEXT_NULLCHAR)
            text = QChar(QChar::ReplacementCharacter);
        else if (type == MD_TEXT_ENTITY)
            text = decodeEntity(text);
        if (m_inCode)
            text.replace(u'\n', QChar(QChar::LineSeparator));
        m_cursor.insertText(text, m_spans.last());
    }

    /// Starts a paragraph, with the marker of a list item before its first. `gap` above it is in ems of the
    /// body.
    void beginBlock(qreal gap)
    {
        QTextBlockFormat format = blockFormat();
        if (!m_empty && !m_afterTable)
            format.setTopMargin(qRound(gap * m_style.pixelSize));
        const bool marked = m_itemPending && !m_lists.isEmpty();
        const qreal indent = qRound(kListIndent * m_style.pixelSize);
        format.setLeftMargin(indent * qreal(m_lists.size()) + indent * m_quoteDepth);
        if (marked) {
            format.setTextIndent(-indent);
            format.setTabPositions({ QTextOption::Tab(indent, QTextOption::LeftTab) });
        }
        placeBlock(format);
        if (marked) {
            m_cursor.insertText(markerText(m_lists.last()) + u'\t', mutedFormat());
            m_itemPending = false;
        }
    }

    void placeBlock(const QTextBlockFormat &format)
    {
        if (m_empty || m_afterTable)
            m_cursor.setBlockFormat(format);
        else
            m_cursor.insertBlock(format, m_body);
        if (m_afterTable) {
            QTextBlockFormat spaced = format;
            spaced.setTopMargin(qRound(kParagraphGap * m_style.pixelSize));
            m_cursor.setBlockFormat(spaced);
        }
        m_cursor.setBlockCharFormat(m_body);
        m_empty = false;
        m_afterTable = false;
        m_blockOpen = true;
    }

    void beginHeading(int level)
    {
        const qreal size = kHeadingSizes[std::clamp(level, 1, 6) - 1] * m_style.pixelSize;
        beginBlock(kHeadingGap);
        QTextBlockFormat format = m_cursor.blockFormat();
        format.setLineHeight(100, QTextBlockFormat::ProportionalHeight);
        m_cursor.setBlockFormat(format);
        QTextCharFormat heading = m_body;
        heading.setFontWeight(QFont::DemiBold);
        heading.setProperty(QTextFormat::FontPixelSize, qRound(size));
        m_cursor.setBlockCharFormat(heading);
        m_spans.append(heading);
    }

    void beginTable(const MD_BLOCK_TABLE_DETAIL &detail)
    {
        QTextTableFormat format;
        format.setBorder(0);
        format.setCellPadding(0);
        format.setCellSpacing(0);
        if (!m_empty)
            format.setTopMargin(qRound(kParagraphGap * m_style.pixelSize));
        const unsigned rows = detail.head_row_count + detail.body_row_count;
        m_table = m_cursor.insertTable(int(std::max(rows, 1U)), int(std::max(detail.col_count, 1U)), format);
        m_row = -1;
        m_empty = false;
    }

    void beginCell(bool heading, const MD_BLOCK_TD_DETAIL &detail)
    {
        ++m_column;
        QTextCharFormat format = m_body;
        if (heading)
            format.setFontWeight(QFont::DemiBold);
        m_spans.append(format);
        if (!m_table || m_row >= m_table->rows() || m_column >= m_table->columns())
            return;
        QTextTableCell cell = m_table->cellAt(m_row, m_column);
        m_cursor = cell.firstCursorPosition();
        QTextBlockFormat block = blockFormat();
        if (detail.align == MD_ALIGN_RIGHT)
            block.setAlignment(Qt::AlignRight);
        else if (detail.align == MD_ALIGN_CENTER)
            block.setAlignment(Qt::AlignHCenter);
        m_cursor.setBlockFormat(block);
        cell.setFormat(cellFormat()); // this is also the block's own character format
        m_blockOpen = true;
    }

    /// No lines: space between the columns and a bolder heading are enough.
    QTextTableCellFormat cellFormat() const
    {
        QTextTableCellFormat format;
        format.merge(m_body);
        format.setTopPadding(qRound(0.2 * m_style.pixelSize));
        format.setBottomPadding(qRound(0.2 * m_style.pixelSize));
        format.setRightPadding(qRound(1.6 * m_style.pixelSize));
        return format;
    }

    /// Makes the present, empty block this high.
    void shrinkBlock(int pixels)
    {
        QTextBlockFormat format;
        format.setLineHeight(pixels, QTextBlockFormat::FixedHeight);
        QTextCharFormat tiny;
        tiny.setProperty(QTextFormat::FontPixelSize, 1);
        m_cursor.setBlockFormat(format);
        m_cursor.setBlockCharFormat(tiny);
    }

    QTextBlockFormat blockFormat() const
    {
        QTextBlockFormat format;
        format.setLineHeight(m_lineHeightPercent, QTextBlockFormat::ProportionalHeight);
        return format;
    }

    QTextCharFormat codeFormat(QTextCharFormat format) const
    {
        format.setFontFamilies({ m_style.monoFamily });
        format.setFontFixedPitch(true);
        format.setProperty(QTextFormat::FontPixelSize, qRound(kCodeSize * m_style.pixelSize));
        format.setBackground(m_style.codeBackground);
        return format;
    }

    QTextCharFormat mutedFormat() const
    {
        QTextCharFormat format = m_body;
        format.setForeground(m_style.muted);
        return format;
    }

    static QString markerText(List &list)
    {
        if (!list.ordered)
            return QStringLiteral("•");
        return QString::number(list.next++) + list.delimiter;
    }

    const ProseStyle &m_style;
    QTextCursor m_cursor;
    QTextCharFormat m_body;
    QVector<QTextCharFormat> m_spans; ///< the last is in force; never empty
    QVector<List> m_lists; ///< innermost last
    const qreal m_lineHeightPercent;
    QTextTable *m_table = nullptr;
    int m_row = -1;
    int m_column = -1;
    int m_quoteDepth = 0;
    bool m_itemPending = false; ///< a list item whose marker is not yet written
    bool m_blockOpen = false; ///< text goes on in the present paragraph
    bool m_inCode = false;
    bool m_empty = true;
    bool m_afterTable = false; ///< in the empty paragraph that follows every table
};

} // namespace

void writeProse(QTextDocument &document, const QString &markdown, const ProseStyle &style)
{
    document.setUndoRedoEnabled(false);
    document.setDocumentMargin(0);
    ProseWriter writer(document, style);
    if (!writer.run(markdown.toUtf8()))
        document.setPlainText(markdown);
}

void writePlain(QTextDocument &document, const QString &text, const ProseStyle &style)
{
    document.setUndoRedoEnabled(false);
    document.setDocumentMargin(0);
    QTextBlockFormat block;
    block.setLineHeight(lineHeightPercent(document, style), QTextBlockFormat::ProportionalHeight);
    QTextCursor cursor(&document);
    cursor.beginEditBlock();
    cursor.select(QTextCursor::Document);
    cursor.removeSelectedText();
    cursor.setBlockFormat(block);
    cursor.insertText(text, bodyFormat(style));
    cursor.endEditBlock();
}

bool isSafeLink(const QString &href)
{
    const QString scheme = QUrl(href, QUrl::StrictMode).scheme().toLower();
    return scheme == u"http" || scheme == u"https" || scheme == u"mailto";
}

} // namespace kvasir::ui
