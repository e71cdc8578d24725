#include "ui/models/usage_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

namespace kvasir::ui {
namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("UsageText", text);
}

QString promptText(const UsageItem &usage)
{
    const QLocale locale;
    const QString total = locale.toString(usage.promptTokens);
    const QString hit = locale.toString(usage.hitTokens);
    if (usage.hitTokens <= 0)
        return tr("%1\u00a0tokens read").arg(total);
    if (usage.diskTokens <= 0)
        return tr("%1 of %2\u00a0tokens reused").arg(hit, total);
    if (usage.diskTokens >= usage.hitTokens)
        return tr("%1 of %2\u00a0tokens from disk").arg(hit, total);
    return tr("%1 of %2\u00a0tokens reused (%3 from disk)")
        .arg(hit, total, locale.toString(usage.diskTokens));
}

QString firstTokenText(double ms)
{
    const QLocale locale;
    if (ms < 1000)
        return tr("first\u00a0token\u00a0%1\u00a0ms").arg(locale.toString(qRound(ms)));
    return tr("first\u00a0token\u00a0%1\u00a0s").arg(locale.toString(ms / 1000, 'f', 1));
}

QString speedText(double tokensPerSecond)
{
    return tr("%1\u00a0tokens/s").arg(QLocale().toString(tokensPerSecond, 'f', tokensPerSecond < 10 ? 1 : 0));
}

} // namespace

QString usageText(const UsageItem &usage)
{
    if (!usage.valid)
        return {};
    QStringList parts { promptText(usage) };
    if (usage.firstTokenMs > 0)
        parts << firstTokenText(usage.firstTokenMs);
    if (usage.tokensPerSecond > 0)
        parts << speedText(usage.tokensPerSecond);
    return parts.join(QStringLiteral("\u00a0· "));
}

} // namespace kvasir::ui
