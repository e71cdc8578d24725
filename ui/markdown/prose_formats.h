#pragma once

#include "ui/markdown/markdown_block.h"
#include "ui/markdown/prose_style.h"

#include <QTextBlockFormat>
#include <QTextCharFormat>
#include <QTextTableCellFormat>

class QTextDocument;

namespace kvasir::ui {

/// How each part of prose looks in a style. Lengths are in pixels.
class ProseFormats {
public:
    ProseFormats(const QTextDocument &document, const ProseStyle &style);

    QTextCharFormat body() const { return m_body; }
    QTextCharFormat muted() const;
    QTextCharFormat heading(int level) const;
    /// `base` with what the run adds.
    QTextCharFormat run(const InlineRun &run, QTextCharFormat base) const;

    QTextBlockFormat line(Qt::LayoutDirection direction = Qt::LayoutDirectionAuto) const;
    QTextBlockFormat paragraph(const Paragraph &paragraph, bool isFirst) const;
    QTextTableCellFormat cell() const;

private:
    const ProseStyle &m_style;
    QTextCharFormat m_body;
    qreal m_lineHeightPercent;
};

} // namespace kvasir::ui
