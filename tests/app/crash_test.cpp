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
constexpr int kEnoughCharacters = 40;

/// What a process had printed, and when.
struct Progress {
  qint64 ms;
  QString text;
};

/// The last that was printed up to a moment.
QString printed_by(const std::vector<Progress>& progress, qint64 ms) {
  QString printed;
  for (const Progress& step : progress)
    if (step.ms <= ms) printed = step.text;
  return printed;
}

/// Lets a process run for a moment and then holds it, again and again, so that a small model answers as
/// slowly as a large one. Collects what it prints, timed from its first word, until what was printed longer
/// ago than the longest loss is worth looking for.
std::vector<Progress> run_slowly(QProcess& process) {
  std::vector<Progress> progress;
  QString text;
  QElapsedTimer since_first_word;
  const auto pid = pid_t(process.processId());
  while (process.state() == QProcess::Running) {
    ::kill(pid, SIGCONT);
    QThread::usleep(text.isEmpty() ? 3000 : 2000);
    ::kill(pid, SIGSTOP);
    QTest::qWait(80);
    text += QString::fromUtf8(process.readAllStandardOutput());
    if (text.isEmpty()) continue;
    if (!since_first_word.isValid()) since_first_word.start();
    const qint64 now = since_first_word.elapsed();
    progress.push_back({now, text});
    if (now >= 2 * kLongestLossMs && printed_by(progress, now - kLongestLossMs).size() >= kEnoughCharacters)
      break;
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
  const QString question = QStringLiteral("Tell me a story.");  // a long answer
  QProcess process;
  process.start(QStringLiteral(KVASIR_BIN_DIR "/kvasir-cli"),
                {"ask", "--model", KVASIR_STARTER_MODEL, "--data-dir", data.path(), "--conversation", "story",
                 "--temperature", "0", "--threads", "1", question});
  QVERIFY(process.waitForStarted());
  const auto progress = run_slowly(process);
  QVERIFY(!progress.empty());
  const qint64 killed_at = progress.back().ms;
  const bool was_answering = process.state() == QProcess::Running;
  QVERIFY2(was_answering, "the answer ended before it could be interrupted");
  process.kill();
  QVERIFY(process.waitForFinished());

  const QString must_be_there = printed_by(progress, killed_at - kLongestLossMs);
  QVERIFY2(must_be_there.size() >= kEnoughCharacters, qPrintable(must_be_there));

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
