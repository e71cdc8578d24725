#pragma once

#include "ui/ports/chat_port.h"

#include <QString>

namespace kvasir::ui {

/// The line under an answer, e.g. "1,216 of 1,248 tokens from disk · first token 84 ms · 42 tokens/s".
/// Says "from disk" only of tokens that came from there, and "reused" of those that were still in memory.
QString usageText(const UsageItem &usage);

} // namespace kvasir::ui
