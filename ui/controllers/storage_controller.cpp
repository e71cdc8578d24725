#include "ui/controllers/storage_controller.h"

#include "ui/models/model_text.h"
#include "ui/models/storage_text.h"

#include <algorithm>

namespace kvasir::ui {
namespace {

constexpr quint64 kGigabyte = 1'000'000'000;
constexpr quint64 kLargestQuota = 1024 * kGigabyte;

} // namespace

StorageController::StorageController(StoragePort &port, QObject *parent)
    : QObject(parent)
    , m_port(port)
{
    makeChoices();
    connect(&port, &StoragePort::measured, this, &StorageController::onMeasured);
    connect(&port, &StoragePort::failed, this, [this](const QString &message) {
        m_failure = message;
        emit noticeChanged();
    });
}

void StorageController::onMeasured(const StorageItem &storage)
{
    const bool untouched = !modified();
    m_storage = storage;
    if (untouched)
        m_wanted = storage.settings;
    makeChoices();
    m_chats.put(storage.chats);
    emit measured();
    emit noticeChanged();
    emit formChanged();
}

/// Doubling sizes up to what the disk holds, and whatever holds now, which may have been chosen elsewhere.
void StorageController::makeChoices()
{
    m_quotas.clear();
    const quint64 most = std::clamp(m_storage.usedBytes + m_storage.freeBytes, kGigabyte, kLargestQuota);
    for (quint64 quota = kGigabyte; quota <= most; quota *= 2)
        m_quotas << quota;
    m_days = { 7, 30, 365, 0 };
    const auto add = [](auto &choices, auto value) {
        if (value != 0 && !choices.contains(value))
            choices.insert(std::upper_bound(choices.begin(), choices.end(), value) - choices.begin(), value);
    };
    add(m_quotas, m_storage.quotaBytes);
    add(m_quotas, m_wanted.quotaBytes);
    m_days.removeLast();
    add(m_days, m_storage.settings.daysToLive);
    m_days << 0;
}

QString StorageController::totalText() const
{
    return keptTotalText(m_storage);
}

QString StorageController::savedText() const
{
    return savedTotalText(m_storage);
}

double StorageController::usedShare() const
{
    return m_storage.quotaBytes == 0 ? 0 : double(m_storage.usedBytes) / double(m_storage.quotaBytes);
}

QString StorageController::notice() const
{
    return m_failure.isEmpty() ? savingProblemText(m_storage) : m_failure;
}

int StorageController::quotaStep() const
{
    return int(m_quotas.indexOf(quotaAutomatic() ? m_storage.quotaBytes : m_wanted.quotaBytes));
}

void StorageController::setQuotaStep(int step)
{
    if (step < 0 || step >= m_quotas.size() || m_quotas[step] == m_wanted.quotaBytes)
        return;
    m_wanted.quotaBytes = m_quotas[step];
    emit formChanged();
}

QString StorageController::quotaText() const
{
    if (!quotaAutomatic())
        return sizeText(m_wanted.quotaBytes);
    // What is chosen for this disk is known only while it holds.
    return m_storage.settings.quotaBytes == 0
        ? tr("%1, chosen for this disk").arg(sizeText(m_storage.quotaBytes))
        : tr("Chosen for this disk");
}

QStringList StorageController::daysChoices() const
{
    QStringList texts;
    for (const int days : m_days)
        texts << daysText(days);
    return texts;
}

int StorageController::daysChoice() const
{
    return int(m_days.indexOf(m_wanted.daysToLive));
}

void StorageController::setDaysChoice(int choice)
{
    if (choice < 0 || choice >= m_days.size() || m_days[choice] == m_wanted.daysToLive)
        return;
    m_wanted.daysToLive = m_days[choice];
    emit formChanged();
}

void StorageController::setEncrypted(bool encrypted)
{
    if (m_wanted.encrypted == encrypted)
        return;
    m_wanted.encrypted = encrypted;
    emit formChanged();
}

void StorageController::setFolder(const QString &folder)
{
    if (m_wanted.folder == folder)
        return;
    m_wanted.folder = folder;
    emit formChanged();
}

void StorageController::setBringAlong(bool bringAlong)
{
    m_bringAlong = bringAlong;
    emit formChanged();
}

QString StorageController::bringAlongText() const
{
    return tr("Take along what is kept now (%1)").arg(sizeText(m_storage.usedBytes));
}

void StorageController::measure()
{
    m_failure.clear();
    emit noticeChanged();
    m_port.measure();
}

void StorageController::remove(const QString &owner)
{
    m_port.deleteChat(owner);
}

void StorageController::removeAll()
{
    m_port.deleteAll();
}

void StorageController::pin(const QString &owner, bool pinned)
{
    m_port.pinChat(owner, pinned);
}

void StorageController::chooseAutomaticQuota()
{
    m_wanted.quotaBytes = 0;
    emit formChanged();
}

void StorageController::apply()
{
    if (modified())
        m_port.applySettings(m_wanted, m_bringAlong);
}

void StorageController::revert()
{
    m_wanted = m_storage.settings;
    m_bringAlong = true;
    emit formChanged();
}

} // namespace kvasir::ui
