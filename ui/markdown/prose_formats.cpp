#include "ui/markdown/prose_formats.h"

#include "ui/markdown/text_direction.h"

#include <QFontMetricsF>
#include <QTextDocument>

#include <algorithm>

namespace kvasir::ui {
namespace {

// Of the body's pixel size.
constexpr qreal kParagraphGap = 0.7;
constexpr qreal kItemGap = 0.25;
constexpr qreal kHeadingGap = 1.2;
constexpr qreal kListIndent = 1.6;
constexpr qreal kCodeSize = 0.9;
constexpr qreal kHeadingSizes[] = { 1.45, 1.2, 1.07, 1.0, 1.0, 1.0 };

/// Qt counts a line's height in percent of the font's own, not of its size.
qreal lineHeightPercent(const QTextDocument &document, const ProseStyle &style)
{
    QFont font = document.defaultFont();
    font.setPixelSize(style.pixelSize);
    const qreal natural = QFontMetricsF(font).height();
    return natural > 0 ? std::max(100.0, 100.0 * style.lineHeight * style.pixelSize / natural) : 100.0;
}

} // namespace

ProseFormats::ProseFormats(const QTextDocument &document, const ProseStyle &style)
    : m_style(style)
    , m_lineHeightPercent(lineHeightPercent(document, style))
{
    m_body.setForeground(style.text);
    m_body.setProperty(QTextFormat::FontPixelSize, style.pixelSize);
}

QTextCharFormat ProseFormats::muted() const
{
    QTextCharFormat format = m_body;
    format.setForeground(m_style.muted);
    return format;
}

QTextCharFormat ProseFormats::heading(int level) const
{
    QTextCharFormat format = m_body;
    format.setFontWeight(QFont::DemiBold);
    format.setProperty(QTextFormat::FontPixelSize,
                       qRound(kHeadingSizes[std::clamp(level, 1, 6) - 1] * m_style.pixelSize));
    return format;
}

QTextCharFormat ProseFormats::run(const InlineRun &run, QTextCharFormat format) const
{
    if (run.styles & InlineRun::Italic)
        format.setFontItalic(true);
    if (run.styles & InlineRun::Bold)
        format.setFontWeight(QFont::DemiBold);
    if (run.styles & InlineRun::Strike)
        format.setFontStrikeOut(true);
    if (run.styles & (InlineRun::Code | InlineRun::Math)) {
        const qreal size = format.property(QTextFormat::FontPixelSize).toInt();
        format.setFontFamilies({ m_style.monoFamily });
        format.setFontFixedPitch(true);
        format.setProperty(QTextFormat::FontPixelSize, qRound(kCodeSize * size));
    }
    if (run.styles & InlineRun::Code)
        format.setBackground(m_style.codeBackground);
    if (run.styles & InlineRun::Math)
        format.setForeground(m_style.muted);
    if (run.styles & InlineRun::Image) {
        format.setForeground(m_style.muted);
        format.setFontItalic(true);
    }
    if (!run.href.isEmpty()) {
        format.setAnchor(true);
        format.setAnchorHref(run.href);
        format.setForeground(m_style.link);
        format.setFontUnderline(true);
    }
    return format;
}

QTextBlockFormat ProseFormats::line(Qt::LayoutDirection direction) const
{
    QTextBlockFormat format;
    if (direction != Qt::LayoutDirectionAuto)
        format.setLayoutDirection(direction);
    format.setLineHeight(m_lineHeightPercent, QTextBlockFormat::ProportionalHeight);
    return format;
}

QTextBlockFormat ProseFormats::paragraph(const Paragraph &paragraph, bool isFirst) const
{
    const Qt::LayoutDirection direction = directionOf(paragraph.runs);
    QTextBlockFormat format = line(direction);
    if (paragraph.headingLevel > 0)
        format.setLineHeight(100, QTextBlockFormat::ProportionalHeight);
    const qreal gap = paragraph.headingLevel > 0 ? kHeadingGap : paragraph.tight ? kItemGap : kParagraphGap;
    if (!isFirst)
        format.setTopMargin(qRound(gap * m_style.pixelSize));
    const int indent = qRound(kListIndent * m_style.pixelSize);
    if (direction == Qt::RightToLeft)
        format.setRightMargin(indent * paragraph.listDepth);
    else
        format.setLeftMargin(indent * paragraph.listDepth);
    if (!paragraph.marker.isEmpty()) {
        format.setTextIndent(-indent);
        // Qt swaps the two where text goes from right to left, and has both begin on its side.
        const auto tab = direction == Qt::RightToLeft ? QTextOption::RightTab : QTextOption::LeftTab;
        format.setTabPositions({ QTextOption::Tab(indent, tab) });
    }
    return format;
}

/// No lines: space between the columns and a bolder heading are enough.
QTextTableCellFormat ProseFormats::cell() const
{
    QTextTableCellFormat format;
    format.merge(m_body);
    format.setTopPadding(qRound(0.2 * m_style.pixelSize));
    format.setBottomPadding(qRound(0.2 * m_style.pixelSize));
    format.setRightPadding(qRound(1.6 * m_style.pixelSize));
    return format;
}

} // namespace kvasir::ui
