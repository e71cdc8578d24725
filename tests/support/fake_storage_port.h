#pragma once

#include "ui/ports/storage_port.h"

#include <QStringList>

namespace kvasir::ui {

/// A StoragePort in memory, for tests and the demo: three chats are kept. Effects are signalled from the
/// event loop, never from inside a call.
class FakeStoragePort : public StoragePort {
  Q_OBJECT

 public:
  explicit FakeStoragePort(QObject* parent = nullptr);

  StorageItem storage;
  QStringList calls;  ///< "delete a", "delete all", "pin a 1", "apply 0 30 1", "move /disk 1", in order

  void measure() override;
  void deleteChat(const QString& owner) override;
  void deleteAll() override;
  void pinChat(const QString& owner, bool pinned) override;
  void applySettings(const StorageSettingsItem& settings, bool bringAlong) override;
};

}  // namespace kvasir::ui
