#pragma once

#include "ui/markdown/markdown_block.h"
#include "ui/markdown/prose_style.h"

#include <functional>
#include <optional>

class QTextDocument;

namespace kvasir::ui {

/// How much room a formula takes, in pixels.
struct FormulaExtent {
    qreal width = 0;
    qreal ascent = 0; ///< above the baseline
    qreal descent = 0; ///< below it
};

/// Gives the room of a formula of a text this size, or nothing while it is shown as its source.
using FormulaMeasure = std::function<std::optional<FormulaExtent>(const InlineRun &formula)>;

/// Replaces the document's content with a block of kind `Prose` or `Table`, laid out in the style. Nothing is
/// ever loaded or run: images are their description.
void writeBlock(QTextDocument &document, const MarkdownBlock &block, const ProseStyle &style,
                const FormulaMeasure &measure);

/// The same for text without any markup, as people write it.
void writePlain(QTextDocument &document, const QString &text, const ProseStyle &style);

} // namespace kvasir::ui
