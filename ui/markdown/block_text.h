#pragma once

#include "ui/markdown/markdown_block.h"

namespace kvasir::ui {

/// The text of a block as it is read, lines and cells apart; each formula is one U+FFFC.
QString shownText(const MarkdownBlock &block);

} // namespace kvasir::ui
