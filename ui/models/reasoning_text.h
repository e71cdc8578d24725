#pragma once

#include "ui/ports/chat_port.h"

#include <QString>

namespace kvasir::ui {

/// Whether the answer is being thought about and has not begun.
bool isThinking(const MessageItem &message);

/// The line above an answer, e.g. "Thinking… 12 s", then "Thought for 12 s · 340 tokens"; empty where the
/// model did not think.
QString reasoningText(const MessageItem &message);

} // namespace kvasir::ui
