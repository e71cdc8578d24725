#pragma once

#include "app/services/profile_host.h"
#include "app/services/qt_chat_port.h"
#include "app/services/qt_model_port.h"
#include "ui/ports/profile_port.h"

#include <filesystem>
#include <optional>
#include <string>

namespace kvasir::app {

/// The window's port onto profiles: opens one in place of another and has the ports of chats and models speak
/// of it. Answers under way are stopped and stored, the model goes and the other profile's is loaded.
///
/// Lives in the GUI thread. Everything that waits for the disk or for the engine happens on the host's
/// thread.
class QtProfilePort final : public ui::ProfilePort {
  Q_OBJECT

 public:
  /// All of them must outlive the port. `askedModel` is used for this run in place of what a profile
  /// remembers.
  QtProfilePort(ProfileHost& host, QtChatPort& chats, QtModelPort& models,
                std::optional<std::filesystem::path> askedModel, QObject* parent = nullptr);
  /// Waits for what is under way.
  ~QtProfilePort() override;

  /// The first profile of this run. Spins the event loop until it is open: for before there is a window.
  Outcome<void> openFirst(const std::string& id);
  /// Says why chats can't be resumed from the disk, if that is so. Of the first profile once there is a
  /// window.
  void reportKv();
  /// Closes the open profile and opens it again.
  void reopen();

  void loadProfiles() override;
  void openProfile(const QString& id) override;
  void createProfile(const QString& name) override;
  void renameProfile(const QString& id, const QString& name) override;
  void deleteProfile(const QString& id) override;

 private:
  /// Opens another one first; nothing happens where there is none.
  void deleteOpenProfile();
  void switchTo(const QString& id, const QString& name);
  void onSwitched(const std::string& problem);
  void attach();
  /// Work on the book, on the host's thread; says what failed, and has the list read again.
  template <class Job, class Then>
  void change(Job job, Then then);

  ProfileHost& m_host;
  QtChatPort& m_chats;
  QtModelPort& m_models;
  const std::optional<std::filesystem::path> m_askedModel;
  QVector<ui::ProfileItem> m_known;  ///< as they were told last
  bool m_switching = false;
  QString m_doomed;  ///< to be deleted once another one is open
};

}  // namespace kvasir::app
