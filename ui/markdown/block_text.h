#pragma once

#include "ui/markdown/markdown_block.h"

namespace kvasir::ui {

/// The text of a block as it is read, lines and cells apart; each formula is one U+FFFC.
QString shownText(const MarkdownBlock &block);

/// About how many lines the block takes where one has room for so many characters.
int estimatedLines(const MarkdownBlock &block, int charactersPerLine);

} // namespace kvasir::ui
