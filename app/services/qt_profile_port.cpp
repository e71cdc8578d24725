#include "app/services/qt_profile_port.h"

#include <spdlog/spdlog.h>

#include <QEventLoop>
#include <memory>
#include <utility>
#include <vector>

namespace kvasir::app {

QtProfilePort::QtProfilePort(ProfileHost& host, QtChatPort& chats, QtModelPort& models,
                             std::optional<std::filesystem::path> askedModel, QObject* parent)
    : ui::ProfilePort(parent),
      m_host(host),
      m_chats(chats),
      m_models(models),
      m_askedModel(std::move(askedModel)) {}

QtProfilePort::~QtProfilePort() {
  m_host.post([] {}).wait();
}

Outcome<void> QtProfilePort::openFirst(const std::string& id) {
  std::optional<Outcome<void>> outcome;
  QEventLoop loop;
  m_host.post([&, this] {
    auto opened = m_host.open(id);
    QMetaObject::invokeMethod(
        this,
        [&, opened = std::move(opened)] {
          outcome = opened;
          loop.quit();
        },
        Qt::QueuedConnection);
  });
  loop.exec();
  // The program was asked to end meanwhile. What was posted may still look at this function's variables.
  while (!outcome) loop.processEvents(QEventLoop::WaitForMoreEvents);
  if (*outcome) attach();
  return *outcome;
}

void QtProfilePort::reportKv() {
  if (m_host.profile() == nullptr || m_host.profile()->kv_problem().empty()) return;
  const std::string& problem = m_host.profile()->kv_problem();
  spdlog::warn("chats are not resumed from disk: {}", problem);
  emit m_chats.ChatPort::failed(QString::fromStdString(problem));
}

void QtProfilePort::reopen() {
  if (m_switching) return;
  const QString id = QString::fromStdString(m_host.profile_id());
  for (const ui::ProfileItem& profile : m_known)
    if (profile.id == id) return switchTo(id, profile.name);
}

void QtProfilePort::loadProfiles() {
  m_host.post([this] {
    QVector<ui::ProfileItem> items;
    for (const ProfileEntry& profile : m_host.book().all())
      items.append({QString::fromStdString(profile.id), QString::fromStdString(profile.name)});
    const QString openId = QString::fromStdString(m_host.profile_id());
    QMetaObject::invokeMethod(
        this,
        [this, items, openId] {
          m_known = items;
          emit profilesLoaded(items, openId);
        },
        Qt::QueuedConnection);
  });
}

void QtProfilePort::openProfile(const QString& id) {
  if (m_switching || id.toStdString() == m_host.profile_id()) return;
  for (const ui::ProfileItem& profile : m_known)
    if (profile.id == id) return switchTo(id, profile.name);
}

void QtProfilePort::switchTo(const QString& id, const QString& name) {
  m_switching = true;
  emit opening(name);
  m_host.post(
      [this, wanted = id.toStdString(), former = m_host.profile_id(), chats = m_chats.detach()]() mutable {
        chats.reset();
        auto opened = m_host.open(wanted);
        const std::string problem = opened ? std::string() : opened.error();
        if (!opened && wanted != former) opened = m_host.open(former);
        QMetaObject::invokeMethod(
            this, [this, problem] { onSwitched(problem); }, Qt::QueuedConnection);
      });
}

void QtProfilePort::onSwitched(const std::string& problem) {
  m_switching = false;
  attach();
  reportKv();
  const QString doomed = std::exchange(m_doomed, {});
  if (!problem.empty())
    emit failed(QString::fromStdString(problem));
  else if (!doomed.isEmpty())
    deleteProfile(doomed);
}

void QtProfilePort::attach() {
  const QString id = QString::fromStdString(m_host.profile_id());
  if (m_host.profile() != nullptr) {
    m_chats.attach(*m_host.profile());
    m_models.start(m_askedModel);
  }
  emit opened(id);
  loadProfiles();
}

template <class Job, class Then>
void QtProfilePort::change(Job job, Then then) {
  m_host.post([this, job = std::move(job), then = std::move(then)] {
    auto outcome = job(m_host.book());
    QMetaObject::invokeMethod(
        this,
        [this, outcome = std::move(outcome), then] {
          loadProfiles();
          if (outcome)
            then(outcome);
          else
            emit failed(QString::fromStdString(outcome.error()));
        },
        Qt::QueuedConnection);
  });
}

void QtProfilePort::createProfile(const QString& name) {
  change([name = name.toStdString()](ProfileBook& book) { return book.create(name); },
         [this](const Outcome<ProfileEntry>& made) {
           if (!m_switching) switchTo(QString::fromStdString(made->id), QString::fromStdString(made->name));
         });
}

void QtProfilePort::renameProfile(const QString& id, const QString& name) {
  change(
      [id = id.toStdString(), name = name.toStdString()](ProfileBook& book) { return book.rename(id, name); },
      [](const auto&) {});
}

void QtProfilePort::deleteProfile(const QString& id) {
  if (id.toStdString() == m_host.profile_id()) return deleteOpenProfile();
  change([id = id.toStdString()](ProfileBook& book) { return book.remove(id); }, [](const auto&) {});
}

void QtProfilePort::deleteOpenProfile() {
  const QString id = QString::fromStdString(m_host.profile_id());
  for (const ui::ProfileItem& other : m_known) {
    if (m_switching || other.id == id) continue;
    m_doomed = id;
    return switchTo(other.id, other.name);
  }
}

}  // namespace kvasir::app
