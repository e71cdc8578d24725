#include "app/services/qt_storage_port.h"

#include "app/services/kv_owner.h"
#include "app/settings/kv_settings.h"
#include "engine/kv/block_hash.h"
#include "storage/fs/file_system.h"

#include <QHash>
#include <QPointer>
#include <algorithm>
#include <utility>

namespace kvasir::app {
namespace {

using Saving = ui::StorageItem::Saving;

Saving toItem(storage::Saving saving) {
  switch (saving) {
    case storage::Saving::On:
      return Saving::On;
    case storage::Saving::DiskFull:
      return Saving::DiskFull;
    case storage::Saving::QuotaFull:
      return Saving::QuotaFull;
    case storage::Saving::DailyBudget:
      return Saving::DailyBudget;
    case storage::Saving::Failed:
      return Saving::Failed;
  }
  return Saving::Off;
}

ui::StoredChatItem toItem(const storage::BlockOwnerUsage& usage) {
  ui::StoredChatItem item;
  item.owner = QString::fromStdString(usage.owner);
  item.bytes = usage.bytes;
  item.ownBytes = usage.own_bytes;
  item.tokens = int(usage.blocks * engine::kBlockTokens);
  item.pinned = usage.pinned;
  const auto used = std::chrono::duration_cast<std::chrono::milliseconds>(usage.last_used.time_since_epoch());
  if (used.count() > 0) item.lastUsed = QDateTime::fromMSecsSinceEpoch(used.count());
  item.reusedTokens = usage.reused_tokens;
  item.savedMs = usage.saved_ms;
  return item;
}

ui::StorageItem measureStore(Profile& profile, const KvPlace& place) {
  ui::StorageItem item;
  item.settings.folder = QString::fromStdString(place.chosen().string());
  item.problem = QString::fromStdString(profile.kv_problem());
  if (profile.blocks() == nullptr) {
    item.saving = Saving::Off;
    item.problem = QtStoragePort::tr("Nothing is kept at the moment. %1").arg(item.problem);
    return item;
  }
  const storage::DiskBlockStore& store = *profile.blocks();
  const storage::DiskBlockStoreStats stats = store.stats();
  item.saving = toItem(stats.saving);
  if (const auto health = store.health(); !health)
    item.problem = QString::fromStdString(health.error().message);
  item.usedBytes = stats.bytes_on_disk;
  item.quotaBytes = stats.quota_bytes;
  item.freeBytes = storage::posix_file_system().free_bytes(place.folder).value_or(0);
  item.reusedTokens = stats.reused_tokens;
  item.savedMs = stats.saved_ms;
  for (const auto& usage : store.usage()) item.chats.append(toItem(usage));
  return item;
}

/// The titles of what are chats; chats that are deleted but can still be restored have none.
void nameChats(ui::StorageItem& item, const std::vector<storage::StoredConversation>& conversations) {
  QHash<QString, QString> titles;
  for (const auto& conversation : conversations)
    titles.insert(QString::fromStdString(conversation_owner(conversation.id)),
                  QString::fromStdString(conversation.title));
  for (ui::StoredChatItem& chat : item.chats)
    chat.title = titles.value(chat.owner, QtStoragePort::tr("A deleted chat"));
}

}  // namespace

QtStoragePort::QtStoragePort(ProfileHost& host, QtChatPort& chats, QObject* parent)
    : ui::StoragePort(parent), m_host(host), m_chats(chats) {
  connect(&chats, &ui::ChatPort::profileChanged, this, &QtStoragePort::measure);
}

QtStoragePort::~QtStoragePort() {
  m_host.post([] {}).wait();
}

void QtStoragePort::measure() {
  changeStore({});
}

void QtStoragePort::changeStore(std::function<void(storage::DiskBlockStore&)> job) {
  m_host.post([this, job = std::move(job)] {
    Profile* profile = m_host.profile();
    if (profile == nullptr) return;
    if (job && profile->blocks() != nullptr) {
      job(*profile->blocks());
      profile->blocks()->flush();
      profile->blocks()->tidy();  // what goes is gone when it is measured, as far as it can be
    }
    auto item = measureStore(*profile, kv_place(m_host.folder()));
    QMetaObject::invokeMethod(
        this, [this, item = std::move(item)] { complete(item); }, Qt::QueuedConnection);
  });
}

void QtStoragePort::complete(ui::StorageItem item) {
  const QPointer<QtStoragePort> self(this);
  m_chats.inStore(
      [chats = &m_chats, self, item = std::move(item)](storage::ConversationStore& store) mutable {
        if (const auto conversations = store.conversations()) nameChats(item, *conversations);
        if (const auto settings = read_kv_settings(store))
          item.settings = {settings->quota_bytes, int(settings->time_to_live_days), settings->encrypt,
                           item.settings.folder};
        QMetaObject::invokeMethod(
            chats,
            [self, item = std::move(item)] {
              if (self) emit self->measured(item);
            },
            Qt::QueuedConnection);
      });
}

void QtStoragePort::deleteChat(const QString& owner) {
  changeStore([owner = owner.toStdString()](storage::DiskBlockStore& store) { store.release(owner); });
}

void QtStoragePort::deleteAll() {
  changeStore([](storage::DiskBlockStore& store) { store.clear(); });
}

void QtStoragePort::pinChat(const QString& owner, bool pinned) {
  changeStore(
      [owner = owner.toStdString(), pinned](storage::DiskBlockStore& store) { store.pin(owner, pinned); });
}

void QtStoragePort::applySettings(const ui::StorageSettingsItem& settings, bool bringAlong) {
  const QPointer<QtStoragePort> self(this);
  const FormerKv former = bringAlong ? FormerKv::BringAlong : FormerKv::Delete;
  m_chats.inStore([chats = &m_chats, self, settings, former](storage::ConversationStore& store) {
    const auto present = read_kv_settings(store);
    KvSettings wanted;
    wanted.quota_bytes = settings.quotaBytes;
    wanted.time_to_live_days = uint32_t(std::clamp(settings.daysToLive, 0, int(kMostDaysToLive)));
    wanted.encrypt = settings.encrypted;
    const auto kept = keep_kv_settings(store, wanted);
    const QString problem = kept ? QString() : QString::fromStdString(kept.error().message);
    const bool encryptionChanged = kept && present && present->encrypt != wanted.encrypt;
    QMetaObject::invokeMethod(
        chats,
        [self, settings, problem, encryptionChanged, former] {
          if (!self) return;
          if (problem.isEmpty())
            self->onSettingsKept(settings, encryptionChanged, former);
          else
            emit self->failed(problem);
        },
        Qt::QueuedConnection);
  });
}

void QtStoragePort::onSettingsKept(const ui::StorageSettingsItem& kept, bool encryptionChanged,
                                   FormerKv former) {
  KvSettings settings;
  settings.quota_bytes = kept.quotaBytes;
  settings.time_to_live_days = uint32_t(kept.daysToLive);
  changeStore([limits = settings.limits(), encryptionChanged](storage::DiskBlockStore& store) {
    store.set_limits(limits);
    if (encryptionChanged) store.clear();  // it is of no use in the other way
  });
  m_host.post([this, encryptionChanged, former, chosen = std::filesystem::path(kept.folder.toStdString())] {
    const bool moves = kv_place(m_host.folder()).chosen() != chosen;
    const auto done = moves ? choose_kv_place(m_host.folder(), chosen, former) : Outcome<void>();
    const QString problem = done ? QString() : QString::fromStdString(done.error());
    QMetaObject::invokeMethod(
        this,
        [this, problem, reopens = encryptionChanged || (moves && done)] {
          if (!problem.isEmpty()) emit failed(problem);
          if (reopens) emit reopenNeeded();
        },
        Qt::QueuedConnection);
  });
}

}  // namespace kvasir::app
