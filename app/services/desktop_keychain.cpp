#include "app/services/desktop_keychain.h"

#include <qt6keychain/keychain.h>

#include <QByteArray>
#include <QCoreApplication>
#include <QEventLoop>
#include <QFile>
#include <QThread>
#include <chrono>
#include <future>

namespace kvasir::app {
namespace {

using namespace std::chrono_literals;

// Long enough to type a password into the keychain's own question.
constexpr auto kPatience = 60s;
constexpr auto kCloseInterval = 10ms;
constexpr int kEventsMs = 10;

template <class Job>
Job* makeJob(const std::string& entry) {
  auto* job = new Job(QStringLiteral("Kvasir"));  // which deletes itself when it has finished
  job->setKey(QString::fromStdString(entry));
  return job;
}

}  // namespace

struct DesktopKeychain::Answer {
  QKeychain::Error error = QKeychain::OtherError;
  QString words;
  QByteArray data;

  Failure failure() const { return "The keychain refused: " + words.toStdString() + "."; }
};

std::unique_ptr<DesktopKeychain> DesktopKeychain::find() {
  // Without this look a library would wait for a bus to be started, which on a bare terminal takes for ever.
  const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
  const bool hasBus = !qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS") ||
                      (!runtime.isEmpty() && QFile::exists(runtime + QStringLiteral("/bus")));
  return hasBus ? std::make_unique<DesktopKeychain>() : nullptr;
}

DesktopKeychain::Answer DesktopKeychain::ask(const MakeJob& makeJob) {
  // Shared: the job may end long after nobody waits for it any more.
  const auto promise = std::make_shared<std::promise<Answer>>();
  auto future = promise->get_future();
  QMetaObject::invokeMethod(
      this,
      [makeJob, promise] {
        QKeychain::Job* job = makeJob();
        QObject::connect(job, &QKeychain::Job::finished, [promise](QKeychain::Job* finished) {
          const auto* reading = qobject_cast<QKeychain::ReadPasswordJob*>(finished);
          promise->set_value(
              {finished->error(), finished->errorString(), reading ? reading->binaryData() : QByteArray()});
        });
        job->start();
      },
      Qt::QueuedConnection);
  const bool isOwnThread = QThread::currentThread() == thread();
  const auto giveUpAt = std::chrono::steady_clock::now() + kPatience;
  while (!m_closed && std::chrono::steady_clock::now() < giveUpAt) {
    if (isOwnThread) QCoreApplication::processEvents(QEventLoop::AllEvents, kEventsMs);
    if (future.wait_for(kCloseInterval) == std::future_status::ready) return future.get();
  }
  return {QKeychain::OtherError, QStringLiteral("it did not answer"), {}};
}

Outcome<std::optional<Secret>> DesktopKeychain::read(const std::string& entry) {
  const Answer answer = ask([entry] { return makeJob<QKeychain::ReadPasswordJob>(entry); });
  if (answer.error == QKeychain::EntryNotFound) return std::nullopt;
  if (answer.error != QKeychain::NoError) return tl::unexpected(answer.failure());
  // As text: not every keychain gives bytes back as they were.
  const QByteArray bytes = QByteArray::fromHex(answer.data);
  const auto* first = reinterpret_cast<const std::byte*>(bytes.constData());
  return Secret(first, first + bytes.size());
}

Outcome<void> DesktopKeychain::write(const std::string& entry, const Secret& secret) {
  const QByteArray bytes(reinterpret_cast<const char*>(secret.data()), qsizetype(secret.size()));
  const Answer answer = ask([entry, text = QString::fromLatin1(bytes.toHex())] {
    auto* job = makeJob<QKeychain::WritePasswordJob>(entry);
    job->setTextData(text);
    return job;
  });
  if (answer.error != QKeychain::NoError) return tl::unexpected(answer.failure());
  // Some say yes and keep nothing.
  const auto kept = read(entry);
  if (!kept) return tl::unexpected(kept.error());
  if (*kept != secret) return tl::unexpected(Failure("The keychain did not keep the secret."));
  return {};
}

Outcome<void> DesktopKeychain::remove(const std::string& entry) {
  const Answer answer = ask([entry] { return makeJob<QKeychain::DeletePasswordJob>(entry); });
  if (answer.error != QKeychain::NoError && answer.error != QKeychain::EntryNotFound)
    return tl::unexpected(answer.failure());
  return {};
}

}  // namespace kvasir::app
