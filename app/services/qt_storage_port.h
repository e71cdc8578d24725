#pragma once

#include "app/services/kv_place.h"
#include "app/services/profile_host.h"
#include "app/services/qt_chat_port.h"
#include "ui/ports/storage_port.h"

#include <functional>

namespace kvasir::app {

/// The window's port onto the KV on the disk.
///
/// Lives in the GUI thread. Tells of each profile that is opened. The store is asked on the host's thread,
/// the chats' titles and the settings on the storage thread.
class QtStoragePort final : public ui::StoragePort {
  Q_OBJECT

 public:
  /// Both must outlive the port.
  QtStoragePort(ProfileHost& host, QtChatPort& chats, QObject* parent = nullptr);
  /// Waits for what is under way.
  ~QtStoragePort() override;

  void measure() override;
  void deleteChat(const QString& owner) override;
  void deleteAll() override;
  void pinChat(const QString& owner, bool pinned) override;
  void applySettings(const ui::StorageSettingsItem& settings, bool bringAlong) override;

 signals:
  /// Settings were kept that hold from the next opening.
  void reopenNeeded();

 private:
  /// Runs a job on the open profile's store, if there is one, then measures.
  void changeStore(std::function<void(storage::DiskBlockStore&)> job);
  /// Adds what the database knows, and tells it.
  void complete(ui::StorageItem item);
  /// The database has them: now those that concern the store.
  void onSettingsKept(const ui::StorageSettingsItem& kept, bool encryptionChanged, FormerKv former);

  ProfileHost& m_host;
  QtChatPort& m_chats;
};

}  // namespace kvasir::app
