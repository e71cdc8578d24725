#include "ui/markdown/block_text.h"

namespace kvasir::ui {
namespace {

QString textOf(const QVector<InlineRun> &runs)
{
    QString text;
    for (const InlineRun &run : runs)
        text += run.styles & InlineRun::Math ? QString(QChar::ObjectReplacementCharacter) : run.text;
    return text;
}

} // namespace

QString shownText(const MarkdownBlock &block)
{
    QString text;
    switch (block.kind) {
    case MarkdownBlock::Code:
    case MarkdownBlock::Plain:
        return block.text;
    case MarkdownBlock::Prose:
        for (const Paragraph &paragraph : block.paragraphs)
            text += paragraph.marker + u'\t' + textOf(paragraph.runs) + u'\n';
        return text;
    case MarkdownBlock::Table:
        for (const auto &row : block.table.rows) {
            for (const MarkdownTable::Cell &cell : row)
                text += textOf(cell) + u'\n';
        }
        return text;
    case MarkdownBlock::Math:
    case MarkdownBlock::Rule:
        break;
    }
    return {};
}

} // namespace kvasir::ui
