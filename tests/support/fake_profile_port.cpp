#include "tests/support/fake_profile_port.h"

#include <QTimer>

namespace kvasir::ui {

void FakeProfilePort::finishOpening() {
  openId = m_openingId;
  emit opened(openId);
}

void FakeProfilePort::loadProfiles() {
  QTimer::singleShot(0, this, [this] { emit profilesLoaded(profiles, openId); });
}

void FakeProfilePort::openProfile(const QString& id) {
  calls << QStringLiteral("open %1").arg(id);
  m_openingId = id;
  for (const ProfileItem& profile : profiles)
    if (profile.id == id) emit opening(profile.name);
  if (!holdsOpening) QTimer::singleShot(0, this, &FakeProfilePort::finishOpening);
}

void FakeProfilePort::createProfile(const QString& name) {
  calls << QStringLiteral("create %1").arg(name);
  QTimer::singleShot(0, this, [this, name] {
    profiles.append({name.toLower(), name});
    loadProfiles();
    openProfile(name.toLower());
  });
}

void FakeProfilePort::renameProfile(const QString& id, const QString& name) {
  calls << QStringLiteral("rename %1 %2").arg(id, name);
  for (ProfileItem& profile : profiles)
    if (profile.id == id) profile.name = name;
  loadProfiles();
}

void FakeProfilePort::deleteProfile(const QString& id) {
  calls << QStringLiteral("delete %1").arg(id);
  profiles.removeIf([&](const ProfileItem& profile) { return profile.id == id; });
  if (id == openId) openProfile(profiles.first().id);
  loadProfiles();
}

}  // namespace kvasir::ui
