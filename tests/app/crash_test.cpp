#include "app/services/block_store_adapter.h"
#include "app/services/kv_owner.h"
#include "app/services/profile.h"
#include "engine/runtime/engine.h"
#include "tests/support/chat_service_fixture.h"
#include "tests/support/cli_process.h"
#include "tests/support/memory_block_store.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QThread>
#include <QtTest>
#include <algorithm>
#include <memory>
#include <random>
#include <string>
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

/// How many processes have to die while they save; KVASIR_KILLS asks for more.
int wanted_kills() {
  bool ok = false;
  const int kills = qEnvironmentVariableIntValue("KVASIR_KILLS", &ok);
  return ok && kills > 0 ? kills : 4;
}

const std::string kStory = "Tell me a long story about a boat and a lake.";
constexpr uint32_t kStoryTokens = 200;

struct Saving {
  bool killed = false;  ///< by the signal, not ended before it came
  qint64 us = 0;        ///< from the first sign of saving to the end
};

constexpr qint64 kNever = -1;

/// `kvasir-cli ask` for a story, killed so many microseconds after it has begun to save, or never.
Saving ask_and_kill(const QString& data_dir, qint64 kill_after_us) {
  const QString first_pack = data_dir + QStringLiteral("/profiles/default/kv/000001.pack");
  QProcess process;
  process.start(QStringLiteral(KVASIR_BIN_DIR "/kvasir-cli"),
                {"ask", "--model", KVASIR_STARTER_MODEL, "--data-dir", data_dir, "--conversation", "story",
                 "--temperature", "0", "--max-tokens", QString::number(kStoryTokens), "--threads", "1",
                 QString::fromStdString(kStory)});
  if (!process.waitForStarted()) qFatal("kvasir-cli does not start");
  struct stat status {};
  const QByteArray path = first_pack.toLocal8Bit();
  // Looked at more often than saving takes; the process itself is only asked now and then.
  for (int looks = 1; ::stat(path.constData(), &status) != 0; ++looks) {
    QThread::usleep(100);
    if (looks % 100 == 0 && process.waitForFinished(0)) break;
  }
  QElapsedTimer timer;
  timer.start();
  if (kill_after_us != kNever) {
    while (timer.nsecsElapsed() < kill_after_us * 1000) {
    }
    process.kill();
  }
  process.waitForFinished(60'000);
  return {process.exitStatus() == QProcess::CrashExit, timer.nsecsElapsed() / 1000};
}

std::unique_ptr<engine::Engine> load_starter(std::shared_ptr<engine::BlockStore> store,
                                             const app::Secret& secret) {
  engine::EngineOptions options;
  options.threads = 1;
  options.profile_secret = secret;
  auto engine = engine::Engine::load(KVASIR_STARTER_MODEL, options, std::move(store));
  if (!engine) qFatal("%s", engine.error().message.c_str());
  return std::move(*engine);
}

struct Story {
  std::vector<int32_t> ids;
  engine::Usage usage;
};

/// The story behind its first `known` tokens, at temperature 0.
Story tell(engine::Engine& engine, const std::vector<int32_t>& known, bool keep) {
  const engine::ChatMessage question{engine::Role::User, kStory};
  engine::GenerateRequest request;
  request.prompt =
      engine::assemble_prompt(engine.tokenizer(), *engine.chat_template(), std::span(&question, 1))
          ->token_ids;
  request.prompt.insert(request.prompt.end(), known.begin(), known.end());
  request.sampling.temperature = 0;
  request.max_tokens = kStoryTokens - static_cast<uint32_t>(known.size());
  request.kv = {.keep = keep, .owner = app::conversation_owner(1)};
  Story story{known, {}};
  engine::GenerateCallbacks callbacks;
  callbacks.on_token = [&](const engine::TokenEvent& token) { story.ids.push_back(token.id); };
  const auto result = engine.generate(request, callbacks, {});
  if (!result) qFatal("%s", result.error().message.c_str());
  story.usage = result->usage;
  return story;
}

/// In a child process: a story, then one long one after the other in its place. Reports the first one's id
/// before it begins with the others.
[[noreturn]] void regenerate_until_killed(const std::string& folder, int report) {
  auto profile = app::Profile::open({folder});
  if (!profile) _exit(1);
  test::RecordingObserver observer;
  app::ChatService chats(**profile, observer);
  chats.load_model({KVASIR_STARTER_MODEL, {.threads = 1}});
  const auto first = chats.send(test::make_request(0, kStory, 8)).get();
  if (!first || write(report, &first->id, sizeof first->id) != sizeof first->id) _exit(1);
  for (;;) chats.regenerate(first->id, test::make_endless_request().settings).wait();
}

}  // namespace

class CrashTest : public QObject {
  Q_OBJECT

 private slots:
  void killed_while_another_answer_is_written_leaves_the_first_and_what_there_is_of_it();
  void killed_in_the_middle_of_an_answer_loses_at_most_a_second();
  void what_is_kept_of_a_killed_process_is_right_bit_for_bit();
};

// First, while this process has no threads that a child would miss.
void CrashTest::killed_while_another_answer_is_written_leaves_the_first_and_what_there_is_of_it() {
  for (const int kill_after_ms : {0, 3, 20, 700}) {
    const QTemporaryDir data;
    int pipe_ends[2];
    QCOMPARE(pipe(pipe_ends), 0);
    const pid_t child = fork();
    QVERIFY(child >= 0);
    if (child == 0) regenerate_until_killed(data.path().toStdString(), pipe_ends[1]);
    close(pipe_ends[1]);
    int64_t first_id = 0;
    QCOMPARE(read(pipe_ends[0], &first_id, sizeof first_id), ssize_t{sizeof first_id});
    close(pipe_ends[0]);
    QThread::msleep(static_cast<unsigned long>(kill_after_ms));
    ::kill(child, SIGKILL);
    int status = 0;
    QCOMPARE(waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status));

    auto profile = app::Profile::open({data.path().toStdString()});
    QVERIFY2(profile.has_value(), profile ? "" : profile.error().c_str());
    auto& store = (*profile)->conversations();
    const auto first = store.messages_up_to(first_id);
    QCOMPARE(first->size(), size_t{2});
    QVERIFY(first->back().status == storage::MessageStatus::Length && !first->back().text.empty());
    const auto shown = store.messages(first->back().conversation_id);
    QCOMPARE(shown->size(), size_t{2});
    const storage::StoredMessage& last = shown->back();
    QCOMPARE(last.parent_id, first->back().parent_id);
    if (last.id == first_id) continue;  // killed before it began
    // Killed in its midst, or between its end and the next one's beginning: the model drew that end, or it
    // filled the context.
    const bool is_whole =
        last.status == storage::MessageStatus::Complete || last.status == storage::MessageStatus::Length;
    QVERIFY(is_whole || last.status == storage::MessageStatus::Interrupted);
    QCOMPARE(last.usage.has_value(), is_whole);
    QVERIFY(last.alternatives >= 2u);
    if (kill_after_ms == 700) {
      const auto second = store.messages_up_to(store.alternatives(first_id)->at(1));
      QVERIFY(!second->back().text.empty() && !second->back().token_ids.empty());
    }
    QVERIFY(store.show_message(first_id));
    QCOMPARE(store.messages(last.conversation_id)->back().id, first_id);
  }
}

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

void CrashTest::what_is_kept_of_a_killed_process_is_right_bit_for_bit() {
  const int wanted = wanted_kills();
  qint64 saving_us = 0;
  size_t hits = 0;
  int killed = 0, rounds = 0;
  std::mt19937 random(std::random_device{}());
  for (int round = 0; killed < wanted; ++round) {
    const QTemporaryDir data;
    // The first round tells how long saving takes.
    const qint64 kill_after_us = round == 0 ? kNever : qint64(random() % (saving_us + 1));
    const Saving saving = ask_and_kill(data.path(), kill_after_us);
    if (round == 0) saving_us = saving.us;
    killed += saving.killed ? 1 : 0;
    rounds = round + 1;
    QVERIFY2(rounds <= 10 * wanted + 10, "too few of the processes could be killed while they saved");

    auto profile = app::Profile::open({data.path().toStdString()});
    QVERIFY2(profile.has_value(), profile ? "" : profile.error().c_str());
    QVERIFY2((*profile)->blocks() != nullptr, (*profile)->kv_problem().c_str());
    const auto disk = std::make_shared<app::BlockStoreAdapter>(*(*profile)->blocks());
    // What there would be if it had not been killed. Every token of it is computed by itself or in a short
    // batch, and so to the same bits wherever a process takes it up.
    const auto reference = std::make_shared<test::MemoryBlockStore>();
    const Story whole = tell(*load_starter(reference, (*profile)->secret()), {}, true);
    QVERIFY(reference->records.size() >= 2);
    for (const auto& [key, record] : reference->records)
      disk->read(std::span(&key, 1),
                 [&, &expected = record](size_t, std::span<const std::byte> kept) {
                   if (!std::ranges::equal(kept, expected)) qFatal("round %d: a block has other bits", round);
                   return true;
                 },
                 {});
    const std::vector<int32_t> begun(whole.ids.begin(), whole.ids.begin() + 90);
    const Story again = tell(*load_starter(disk, (*profile)->secret()), begun, false);
    QCOMPARE(again.ids, whole.ids);
    hits += again.usage.prompt_cache_disk_tokens;
    if (round == 0) QVERIFY(again.usage.prompt_cache_disk_tokens > 0);
  }
  qInfo("%d of %d processes were killed while they saved; %zu tokens came from what they had kept", killed,
        rounds, hits);
}

QTEST_GUILESS_MAIN(CrashTest)
#include "crash_test.moc"
