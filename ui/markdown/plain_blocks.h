#pragma once

#include "ui/markdown/markdown_block.h"

namespace kvasir::ui {

/// Text without markup, cut between lines into blocks that are laid out quickly. A line that is longer than a
/// block is cut between words.
QVector<MarkdownBlock> plainBlocks(const QString &text);

} // namespace kvasir::ui
