#include "app/services/profile.h"
#include "tests/support/cli_process.h"

#include <signal.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QThread>
#include <QtTest>
#include <utility>
#include <vector>

using namespace kvasir;

namespace {

constexpr int kLongestLossMs = 1000;

/// What a process had printed, and when.
struct Progress {
  qint64 ms;
  QString text;
};

/// Lets a process run for a moment and then holds it, again and again, so that a small model answers as
/// slowly as a large one. Collects what it prints, for `ms` from its first word.
std::vector<Progress> run_slowly(QProcess& process, qint64 ms) {
  std::vector<Progress> progress;
  QString text;
  QElapsedTimer since_first_word;
  const auto pid = pid_t(process.processId());
  while (process.state() == QProcess::Running) {
    ::kill(pid, SIGCONT);
    QThread::usleep(text.isEmpty() ? 3000 : 500);
    ::kill(pid, SIGSTOP);
    QTest::qWait(80);
    text += QString::fromUtf8(process.readAllStandardOutput());
    if (text.isEmpty()) continue;
    if (!since_first_word.isValid()) since_first_word.start();
    progress.push_back({since_first_word.elapsed(), text});
    if (since_first_word.hasExpired(ms)) break;
  }
  return progress;
}

}  // namespace

class CrashTest : public QObject {
  Q_OBJECT

 private slots:
  void killed_in_the_middle_of_an_answer_loses_at_most_a_second();
};

void CrashTest::killed_in_the_middle_of_an_answer_loses_at_most_a_second() {
  QTemporaryDir data;
  const QString question = QStringLiteral("Tell me a story about the sea.");
  QProcess process;
  process.start(QStringLiteral(KVASIR_BIN_DIR "/kvasir-cli"),
                {"ask", "--model", KVASIR_STARTER_MODEL, "--data-dir", data.path(), "--conversation", "story",
                 "--temperature", "0", "--threads", "1", question});
  QVERIFY(process.waitForStarted());
  const auto progress = run_slowly(process, 2500);
  QVERIFY(!progress.empty());
  const qint64 killed_at = progress.back().ms;
  const bool was_answering = process.state() == QProcess::Running;
  QVERIFY2(was_answering, "the answer ended before it could be interrupted");
  process.kill();
  QVERIFY(process.waitForFinished());

  QString must_be_there;
  for (const auto& [ms, text] : progress)
    if (ms <= killed_at - kLongestLossMs) must_be_there = text;
  QVERIFY2(must_be_there.size() > 20, qPrintable(must_be_there));

  auto profile = app::Profile::open({data.path().toStdString()});
  QVERIFY2(profile.has_value(), profile ? "" : profile.error().c_str());
  auto& store = (*profile)->conversations();
  const auto conversations = store.conversations();
  QCOMPARE(conversations->size(), size_t{1});
  const auto messages = store.messages(conversations->front().id);
  QCOMPARE(messages->size(), size_t{2});
  QCOMPARE(QString::fromStdString(messages->front().text), question);
  const storage::StoredMessage& answer = messages->back();
  QVERIFY(answer.status == storage::MessageStatus::Interrupted);
  QVERIFY2(QString::fromStdString(answer.text).startsWith(must_be_there),
           qPrintable(must_be_there + "\n—\n" + QString::fromStdString(answer.text)));
  QVERIFY(!answer.token_ids.empty());
}

QTEST_GUILESS_MAIN(CrashTest)
#include "crash_test.moc"
