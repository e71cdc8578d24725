#pragma once

#include "ui/ports/profile_port.h"

#include <QStringList>

namespace kvasir::ui {

/// A ProfilePort in memory, for tests and the demo. Effects are signalled from the event loop, never from
/// inside a call.
class FakeProfilePort : public ProfilePort {
  Q_OBJECT

 public:
  explicit FakeProfilePort(QObject* parent = nullptr) : ProfilePort(parent) {}

  QVector<ProfileItem> profiles{{"default", "Default"}, {"work", "Work"}};
  QString openId = QStringLiteral("default");
  QStringList calls;          ///< "open work", "create Novel", "rename work Office", "delete work", in order
  bool holdsOpening = false;  ///< until `finishOpening`

  void finishOpening();
  void failWith(const QString& message) { emit failed(message); }

  void loadProfiles() override;
  void openProfile(const QString& id) override;
  void createProfile(const QString& name) override;
  void renameProfile(const QString& id, const QString& name) override;
  void deleteProfile(const QString& id) override;

 private:
  QString m_openingId;
};

}  // namespace kvasir::ui
