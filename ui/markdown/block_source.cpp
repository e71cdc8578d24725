#include "ui/markdown/block_source.h"

#include "ui/markdown/formula_room.h"
#include "ui/markdown/prose_writer.h"

#include <QTextDocument>

#include <algorithm>

namespace kvasir::ui {

QString sourceOf(const MarkdownBlock &block, int begin, int end)
{
    switch (block.kind) {
    case MarkdownBlock::Code:
    case MarkdownBlock::Plain:
        return block.text.mid(begin, std::max(0, end - begin));
    case MarkdownBlock::Math:
        return QStringLiteral("\\[") + block.text + QStringLiteral("\\]");
    case MarkdownBlock::Rule:
        return {};
    case MarkdownBlock::Prose:
    case MarkdownBlock::Table:
        break;
    }
    QTextDocument document;
    writeBlock(document, block, {}, [](const InlineRun &formula) -> std::optional<FormulaExtent> {
        if (formula.styles & InlineRun::Open)
            return {};
        return FormulaExtent {};
    });
    return sourceBetween(document, begin, std::min(end, document.characterCount() - 1));
}

} // namespace kvasir::ui
