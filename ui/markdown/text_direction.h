#pragma once

#include "ui/markdown/markdown_block.h"

#include <Qt>

namespace kvasir::ui {

/// That of the first letter that has one, as Unicode's bidirectional algorithm has it for a paragraph (P2);
/// Auto where no letter has.
Qt::LayoutDirection directionOf(QStringView text);
/// The same, of what is neither code nor a formula.
Qt::LayoutDirection directionOf(const QVector<InlineRun> &runs);

/// Something in it is written from right to left.
bool hasRightToLeft(QStringView text);

} // namespace kvasir::ui
