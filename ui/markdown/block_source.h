#pragma once

#include "ui/markdown/markdown_block.h"

#include <limits>

namespace kvasir::ui {

/// A block as it would be written, formulas as LaTeX; of prose and tables also a part, between two positions
/// in the text that is shown.
QString sourceOf(const MarkdownBlock &block, int begin = 0, int end = std::numeric_limits<int>::max());

} // namespace kvasir::ui
