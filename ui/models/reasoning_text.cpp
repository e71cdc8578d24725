#include "ui/models/reasoning_text.h"

#include <QCoreApplication>
#include <QLocale>

namespace kvasir::ui {
namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("ReasoningText", text);
}

QString durationText(qint64 seconds)
{
    const QLocale locale;
    if (seconds < 60)
        return tr("%1\u00a0s").arg(locale.toString(seconds));
    return tr("%1\u00a0min %2\u00a0s").arg(locale.toString(seconds / 60), locale.toString(seconds % 60));
}

} // namespace

bool isThinking(const MessageItem &message)
{
    return message.status == MessageStatus::Streaming && message.reasoningTokens > 0
        && message.text.isEmpty();
}

QString reasoningText(const MessageItem &message)
{
    const auto seconds = qint64(message.reasoningMs / 1000);
    if (isThinking(message))
        return seconds > 0 ? tr("Thinking… %1").arg(durationText(seconds)) : tr("Thinking…");
    if (message.reasoning.isEmpty())
        return {};
    const QString duration =
        seconds > 0 ? tr("Thought for %1").arg(durationText(seconds)) : tr("Thought for a moment");
    if (message.reasoningTokens <= 0)
        return duration;
    const QString tokens = message.reasoningTokens == 1
        ? tr("1\u00a0token")
        : tr("%1\u00a0tokens").arg(QLocale().toString(message.reasoningTokens));
    return duration + QStringLiteral(" · ") + tokens;
}

} // namespace kvasir::ui
