#pragma once

#include "app/services/profile_secret.h"

#include <QObject>
#include <atomic>
#include <functional>
#include <memory>

class QByteArray;

namespace QKeychain {
class Job;
}

namespace kvasir::app {

/// The desktop's keychain: GNOME's, KWallet, or another that offers the Secret Service.
///
/// Lives in the thread with Qt's event loop, where the jobs run. Calls come from another thread and wait for
/// them, or from this one, whose events are then handled meanwhile: the person may have to unlock the
/// keychain first. After a while without an answer they fail.
class DesktopKeychain final : public QObject, public Keychain {
 public:
  /// Null where this session has no bus on which a keychain could be asked.
  static std::unique_ptr<DesktopKeychain> find();

  Outcome<std::optional<Secret>> read(const std::string& entry) override;
  Outcome<void> write(const std::string& entry, const Secret& secret) override;
  Outcome<void> remove(const std::string& entry) override;

  /// No call waits any longer, now or later.
  void close() { m_closed = true; }

 private:
  struct Answer;
  using MakeJob = std::function<QKeychain::Job*()>;
  Answer ask(const MakeJob& makeJob);

  std::atomic<bool> m_closed = false;
};

}  // namespace kvasir::app
