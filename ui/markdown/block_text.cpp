#include "ui/markdown/block_text.h"

#include <QStringTokenizer>

#include <algorithm>

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

int estimatedLines(const MarkdownBlock &block, int charactersPerLine)
{
    constexpr int kCodesHead = 2; // its language and the panel's edges
    constexpr int kFormulasLines = 3;
    switch (block.kind) {
    case MarkdownBlock::Code:
        return int(block.text.count(u'\n')) + 1 + kCodesHead; // its lines do not break
    case MarkdownBlock::Table:
        return 2 * int(block.table.rows.size()); // with the room around them
    case MarkdownBlock::Math:
        return kFormulasLines;
    case MarkdownBlock::Rule:
        return 1;
    case MarkdownBlock::Prose:
    case MarkdownBlock::Plain:
        break;
    }
    const QString text = shownText(block);
    const int perLine = std::max(1, charactersPerLine);
    int lines = 0;
    for (const QStringView line : QStringView(text).tokenize(u'\n', Qt::SkipEmptyParts))
        lines += int((line.size() + perLine - 1) / perLine);
    return std::max(1, lines);
}

} // namespace kvasir::ui
