#pragma once

#include <QSocketNotifier>
#include <memory>

namespace kvasir::app {

/// Turns SIGINT, SIGTERM and SIGHUP into an ordinary quit, so that what is being written is finished. Nothing
/// depends on it: a killed process loses at most the last second of an answer. One at a time, in the GUI
/// thread.
class QuitOnSignals {
 public:
  QuitOnSignals();
  ~QuitOnSignals();
  QuitOnSignals(const QuitOnSignals&) = delete;
  QuitOnSignals& operator=(const QuitOnSignals&) = delete;

 private:
  std::unique_ptr<QSocketNotifier> m_notifier;
};

}  // namespace kvasir::app
