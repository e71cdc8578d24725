#include "ui/models/storage_text.h"

#include "ui/models/model_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

namespace kvasir::ui {
namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("StorageText", text);
}

QString dayText(const QDateTime &used)
{
    const QDate day = used.toLocalTime().date();
    const qint64 days = day.daysTo(QDate::currentDate());
    if (days <= 0)
        return tr("Used today");
    if (days == 1)
        return tr("Used yesterday");
    return tr("Used on %1").arg(QLocale().toString(day, QLocale::ShortFormat));
}

} // namespace

QString durationText(quint64 ms)
{
    constexpr double kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
    const QLocale locale;
    const auto time = double(ms);
    if (time < kSecond)
        return tr("%1\u00a0ms").arg(locale.toString(ms));
    if (time < kMinute)
        return tr("%1\u00a0s").arg(locale.toString(time / kSecond, 'f', 0));
    if (time < kHour)
        return tr("%1\u00a0min").arg(locale.toString(time / kMinute, 'f', 0));
    return tr("%1\u00a0h").arg(locale.toString(time / kHour, 'f', 1));
}

QString keptSizeText(const StoredChatItem &chat)
{
    if (chat.ownBytes >= chat.bytes)
        return sizeText(chat.bytes);
    return tr("%1, of which %2 are shared").arg(sizeText(chat.bytes), sizeText(chat.bytes - chat.ownBytes));
}

QString keptUseText(const StoredChatItem &chat)
{
    QStringList parts;
    if (chat.lastUsed.isValid())
        parts << dayText(chat.lastUsed);
    if (chat.reusedTokens > 0)
        parts << tr("%1\u00a0tokens reused").arg(QLocale().toString(chat.reusedTokens));
    if (chat.savedMs > 0)
        parts << tr("%1 saved").arg(durationText(chat.savedMs));
    return parts.join(QStringLiteral(" · "));
}

QString keptTotalText(const StorageItem &storage)
{
    const QString used = tr("%1 of up to %2").arg(sizeText(storage.usedBytes), sizeText(storage.quotaBytes));
    return storage.freeBytes == 0
        ? used
        : used + QStringLiteral(" · ") + tr("the disk has %1 free").arg(sizeText(storage.freeBytes));
}

QString savedTotalText(const StorageItem &storage)
{
    if (storage.reusedTokens == 0)
        return {};
    const QString tokens = QLocale().toString(storage.reusedTokens);
    if (storage.savedMs == 0)
        return tr("So far, %1\u00a0tokens did not have to be computed again.").arg(tokens);
    return tr("So far, %1\u00a0tokens did not have to be computed again. That saved %2.")
        .arg(tokens, durationText(storage.savedMs));
}

QString savingProblemText(const StorageItem &storage)
{
    if (storage.saving == StorageItem::Saving::DailyBudget)
        return tr("To spare the disk, no more is kept today. Chats go on as always.");
    return storage.problem;
}

QString daysText(int days)
{
    constexpr int kYear = 365;
    if (days == 0)
        return tr("No end");
    if (days == kYear)
        return tr("1\u00a0year");
    return days == 1 ? tr("1\u00a0day") : tr("%1\u00a0days").arg(QLocale().toString(days));
}

} // namespace kvasir::ui
