#include "app/quit_on_signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <QGuiApplication>
#include <csignal>

namespace kvasir::app {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

// A handler may do next to nothing; writing a byte into a pipe that the event loop watches is allowed.
int pipeEnds[2] = {-1, -1};

void onSignal(int) {
  const char byte = 0;
  [[maybe_unused]] const auto written = write(pipeEnds[1], &byte, 1);
}

}  // namespace

QuitOnSignals::QuitOnSignals() {
  if (pipe2(pipeEnds, O_CLOEXEC | O_NONBLOCK) != 0) return;
  m_notifier = std::make_unique<QSocketNotifier>(pipeEnds[0], QSocketNotifier::Read);
  QObject::connect(m_notifier.get(), &QSocketNotifier::activated, qApp, [] { QGuiApplication::quit(); });
  for (const int signal : kSignals) std::signal(signal, onSignal);
}

QuitOnSignals::~QuitOnSignals() {
  for (const int signal : kSignals) std::signal(signal, SIG_DFL);
  m_notifier.reset();
  close(pipeEnds[0]);
  close(pipeEnds[1]);
}

}  // namespace kvasir::app
