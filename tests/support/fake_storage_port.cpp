#include "tests/support/fake_storage_port.h"

#include <QTimer>

namespace kvasir::ui {

FakeStoragePort::FakeStoragePort(QObject* parent) : StoragePort(parent) {
  const QDateTime today = QDateTime::currentDateTime();
  storage.chats = {
      {"conversation:1", "Mead from the first honey", 312'000'000, 312'000'000, 9984, false, today, 41'216,
       312'000},
      {"conversation:2", "The lighthouse keeper's log", 88'400'000, 62'000'000, 2816, true, today.addDays(-1),
       9'216, 74'000},
      {"conversation:3", "A week in Uppsala", 4'100'000, 4'100'000, 128, false, today.addDays(-12), 0, 0},
  };
  storage.usedBytes = 404'500'000;
  storage.quotaBytes = 32'000'000'000;
  storage.freeBytes = 121'300'000'000;
  storage.reusedTokens = 50'432;
  storage.savedMs = 386'000;
}

void FakeStoragePort::measure() {
  QTimer::singleShot(0, this, [this] { emit measured(storage); });
}

void FakeStoragePort::deleteChat(const QString& owner) {
  calls << QStringLiteral("delete %1").arg(owner);
  storage.chats.removeIf([&](const StoredChatItem& chat) { return chat.owner == owner; });
  measure();
}

void FakeStoragePort::deleteAll() {
  calls << QStringLiteral("delete all");
  storage.chats.clear();
  storage.usedBytes = 0;
  measure();
}

void FakeStoragePort::pinChat(const QString& owner, bool pinned) {
  calls << QStringLiteral("pin %1 %2").arg(owner).arg(int(pinned));
  for (StoredChatItem& chat : storage.chats)
    if (chat.owner == owner) chat.pinned = pinned;
  measure();
}

void FakeStoragePort::applySettings(const StorageSettingsItem& settings, bool bringAlong) {
  calls << QStringLiteral("apply %1 %2 %3")
               .arg(settings.quotaBytes)
               .arg(settings.daysToLive)
               .arg(int(settings.encrypted));
  if (settings.folder != storage.settings.folder)
    calls << QStringLiteral("move %1 %2").arg(settings.folder).arg(int(bringAlong));
  storage.settings = settings;
  if (settings.quotaBytes != 0) storage.quotaBytes = settings.quotaBytes;
  measure();
}

}  // namespace kvasir::ui
