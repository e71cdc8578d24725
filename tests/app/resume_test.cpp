#include "tests/support/cli_process.h"

#include <signal.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <memory>
#include <string>
#include <vector>

using kvasir::test::CliRun;
using kvasir::test::run_cli;

namespace {

constexpr int kBlock = 64;
const QString kStarter = QStringLiteral(KVASIR_STARTER_MODEL);

/// Plain English of about `words` words, the same for the same `salt`.
QString long_text(int words, int salt) {
  static const QStringList kWords =
      QString(
          "the little boat was out on the lake and a dog ran along the shore while "
          "her friend made tea in the old house and told him a story about the sea")
          .split(' ');
  QStringList text;
  for (int i = 0; i < words; ++i) text.append(kWords[(i * (salt + 3) + i / 7) % kWords.size()]);
  return text.join(' ') + ".";
}

struct Turn {
  QString answer;
  int prompt;
  int hit;
  int miss;
  int completion;
};

}  // namespace

/// Each turn is a process of its own: nothing but the disk connects them.
class ResumeTest : public QObject {
  Q_OBJECT

 private slots:
  void init();
  void reopened_chat_computes_nothing_but_the_new_message();
  void another_question_about_a_text_reads_it_in_another_chat();
  void another_question_after_the_same_examples_reads_them_in_another_chat();
  void cache_command_lists_pins_and_deletes();
  void private_question_leaves_nothing();
  void answer_is_the_same_with_and_without_the_store();
  void changed_early_token_gives_hits_only_up_to_it();
  void other_weights_give_no_hits_and_a_renamed_file_gives_all();
  void damaged_store_is_a_miss_and_never_an_answer();
  void second_process_is_told_that_the_profile_is_in_use();

 private:
  Turn ask(const QString& conversation, const QString& message, const QString& model = kStarter) {
    return ask_in(data_->path(), conversation, message, model);
  }
  static Turn ask_in(const QString& data_dir, const QString& conversation, const QString& message,
                     const QString& model = kStarter);
  /// A conversation of more than 1,500 tokens; its last turn.
  Turn grow_conversation(const QString& name);
  QStringList store_files() const;

  std::unique_ptr<QTemporaryDir> data_;
};

void ResumeTest::init() {
  data_ = std::make_unique<QTemporaryDir>();
}

Turn ResumeTest::ask_in(const QString& data_dir, const QString& conversation, const QString& message,
                        const QString& model) {
  const CliRun run = run_cli({"ask", "--model", model, "--data-dir", data_dir, "--conversation", conversation,
                              "--system", "You are a friendly companion.", "--temperature", "0",
                              "--max-tokens", "24", "--threads", "2", "--json", message});
  if (run.exit_code != 0) qFatal("kvasir-cli ask failed: %s", qPrintable(run.err));
  const auto json = run.json();
  const auto& usage = json["usage"];
  return {QString::fromStdString(json["answer"]), usage["prompt_tokens"], usage["prompt_cache_hit_tokens"],
          usage["prompt_cache_miss_tokens"], usage["completion_tokens"]};
}

Turn ResumeTest::grow_conversation(const QString& name) {
  Turn turn{};
  for (int i = 0; i < 4; ++i) turn = ask(name, long_text(340, i));
  return turn;
}

QStringList ResumeTest::store_files() const {
  const QDir folder(data_->filePath("profiles/default/kv"));
  QStringList paths;
  for (const QString& name : folder.entryList(QDir::Files)) paths.append(folder.filePath(name));
  return paths;
}

void ResumeTest::reopened_chat_computes_nothing_but_the_new_message() {
  const Turn before = grow_conversation("long");
  const int length = before.prompt + before.completion;
  QVERIFY2(length > 1500, qPrintable(QString::number(length)));

  const Turn reopened = ask("long", "And what did you like best?");
  QCOMPARE(reopened.hit, length);
  QCOMPARE(reopened.hit + reopened.miss, reopened.prompt);
}

void ResumeTest::another_question_about_a_text_reads_it_in_another_chat() {
  const QString text = long_text(400, 1);
  const Turn first = ask("one", text + " Who made tea?");
  const Turn second = ask("two", text + " Where was the boat?");
  QCOMPARE(first.hit, 0);
  QVERIFY2(second.hit > second.prompt - 2 * kBlock, qPrintable(QString::number(second.hit)));
  QCOMPARE(second.hit % kBlock, 0);
}

void ResumeTest::another_question_after_the_same_examples_reads_them_in_another_chat() {
  QString examples = "Say whether it floats.\n";
  for (int i = 0; i < 40; ++i)
    examples += QString("Q: A %1 in the sea? A: %2\n").arg(long_text(6, i), i % 3 ? "yes" : "no");
  ask("one", examples + "Q: A stone? A:");
  const Turn second = ask("two", examples + "Q: A feather? A:");
  QVERIFY2(second.hit > second.prompt - 2 * kBlock, qPrintable(QString::number(second.hit)));
}

void ResumeTest::cache_command_lists_pins_and_deletes() {
  const auto cache = [&](QStringList arguments) {
    const CliRun run = run_cli(QStringList{"cache", "--data-dir", data_->path()} + arguments);
    if (run.exit_code != 0) qFatal("kvasir-cli cache failed: %s", qPrintable(run.err));
    return run;
  };
  QVERIFY(cache({"list", "--json"}).json().empty());
  const Turn first = ask("one", long_text(200, 1));
  const Turn second = ask("one", "And then?");
  ask("two", long_text(200, 2));

  auto rows = cache({"list", "--json"}).json();
  QCOMPARE(rows.size(), size_t{2});
  QVERIFY(rows[0]["title"] == "two" && rows[1]["title"] == "one");  // the newest use first
  QCOMPARE(rows[1]["reused_tokens"].get<int>(), second.hit);
  QCOMPARE(rows[1]["tokens"].get<int>(), (second.prompt + second.completion) / kBlock * kBlock);
  QVERIFY(rows[1]["own_bytes"] > 0 && rows[1]["own_bytes"] <= rows[1]["bytes"]);
  QCOMPARE(rows[1]["pinned"].get<bool>(), false);
  QCOMPARE(cache({"stats", "--json"}).json()["reused_tokens"].get<int>(), second.hit);
  QVERIFY(cache({"list"}).out.contains("one"));

  cache({"pin", "one"});
  rows = cache({"list", "--json"}).json();
  QCOMPARE(rows[1]["pinned"].get<bool>(), true);
  cache({"unpin", "one"});
  cache({"delete", "one"});
  rows = cache({"list", "--json"}).json();
  QCOMPARE(rows.size(), size_t{1});
  QVERIFY(ask("one", "And after that?").hit < 2 * kBlock);  // the chat itself is there, and goes on
  cache({"delete", "--all"});
  QVERIFY(cache({"list", "--json"}).json().empty());
  QCOMPARE(cache({"stats", "--json"}).json()["blocks"].get<int>(), 0);
  QCOMPARE(run_cli({"cache", "--data-dir", data_->path(), "pin", "nobody"}).exit_code, 2);
  QCOMPARE(run_cli({"cache", "--data-dir", data_->path(), "delete"}).exit_code, 2);
  QCOMPARE(first.hit, 0);
  const auto limits =
      cache({"limits", "--time-to-live-days", "7", "--quota-gb", "2", "--encrypt", "no", "--json"}).json();
  QVERIFY(limits == cache({"limits", "--json"}).json());
  QVERIFY(limits["quota_bytes"] == 2'000'000'000 && limits["time_to_live_days"] == 7 &&
          limits["encrypt"] == false);
}

void ResumeTest::private_question_leaves_nothing() {
  const CliRun run = run_cli({"ask", "--model", kStarter, "--data-dir", data_->path(), "--private",
                              "--max-tokens", "8", "--json", long_text(200, 1)});
  QCOMPARE(run.exit_code, 0);
  QVERIFY(!run.json()["answer"].get<std::string>().empty());
  QCOMPARE(ask("one", long_text(200, 1)).hit, 0);
  QCOMPARE(run_cli({"ask", "--private", "--conversation", "a", "hello"}).exit_code, 2);
}

void ResumeTest::answer_is_the_same_with_and_without_the_store() {
  grow_conversation("long");
  QTemporaryDir without_store;
  QCOMPARE(QProcess::execute("cp", {"-r", data_->path() + "/.", without_store.path()}), 0);
  QVERIFY(QDir(without_store.filePath("profiles/default/kv")).removeRecursively());

  const Turn reopened = ask("long", "And what did you like best?");
  const Turn cold = ask_in(without_store.path(), "long", "And what did you like best?");
  QVERIFY(reopened.hit > 0);
  QCOMPARE(cold.hit, 0);
  QCOMPARE(cold.prompt, reopened.prompt);
  // Every value is computed by the same arithmetic wherever a prefix was cut: not even a near-tie may differ.
  QCOMPARE(reopened.answer, cold.answer);
}

void ResumeTest::changed_early_token_gives_hits_only_up_to_it() {
  const QString text = long_text(300, 1);
  const int changed_at = 700;  // a character well behind the first blocks
  QString changed = text;
  changed.replace(text.indexOf(' ', changed_at) + 1, 1, "Z");
  const auto tokens = [](const QString& message) {
    return run_cli({"tokenize", "--model", kStarter, "--text",
                    "<｜begin▁of▁sentence｜>You are a friendly companion.<｜User｜>" + message})
        .json()
        .get<std::vector<int>>();
  };
  const auto first = tokens(text);
  const auto second = tokens(changed);
  const auto common = std::mismatch(first.begin(), first.end(), second.begin()).first - first.begin();
  QVERIFY(common > 2 * kBlock);

  QCOMPARE(ask("one", text).hit, 0);
  QCOMPARE(ask("two", changed).hit, int(common) / kBlock * kBlock);
}

void ResumeTest::other_weights_give_no_hits_and_a_renamed_file_gives_all() {
  const QString text = long_text(300, 2);
  const Turn first = ask("one", text);
  QCOMPARE(first.hit, 0);

  QTemporaryDir models;
  const QString renamed = models.filePath("renamed.gguf");
  QVERIFY(QFile::copy(kStarter, renamed));
  QVERIFY(QFile::setPermissions(renamed, QFile::ReadOwner | QFile::WriteOwner));
  QCOMPARE(ask("two", text, renamed).hit, (first.prompt - 1) / kBlock * kBlock);

  const QString other = models.filePath("other.gguf");
  QVERIFY(QFile::copy(renamed, other));
  QFile file(other);
  QVERIFY(file.open(QIODevice::ReadWrite));
  QVERIFY(file.seek(file.size() - 100));  // inside the last tensor's weights
  const char byte = file.read(1)[0];
  QVERIFY(file.seek(file.size() - 100));
  file.write(QByteArray(1, char(byte ^ 1)));
  file.close();
  QCOMPARE(ask("three", text, other).hit, 0);
}

void ResumeTest::damaged_store_is_a_miss_and_never_an_answer() {
  const QString text = long_text(300, 3);
  const Turn first = ask("one", text);
  const QStringList files = store_files();
  QVERIFY(!files.isEmpty());
  for (const QString& path : files) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    for (qint64 offset = 5000; offset < file.size(); offset += 5000) {
      QVERIFY(file.seek(offset));
      const char byte = file.read(1)[0];
      QVERIFY(file.seek(offset));
      file.write(QByteArray(1, char(byte ^ 0x10)));
    }
  }
  const Turn again = ask("two", text);
  QCOMPARE(again.hit, 0);
  QCOMPARE(again.answer, first.answer);
  QCOMPARE(ask("three", text).hit, (first.prompt - 1) / kBlock * kBlock);  // the store has healed
}

void ResumeTest::second_process_is_told_that_the_profile_is_in_use() {
  QProcess owner;
  owner.start(QStringLiteral(KVASIR_BIN_DIR "/kvasir-cli"),
              {"ask", "--model", kStarter, "--data-dir", data_->path(), "--conversation", "a",
               "--temperature", "0", "--threads", "1", "Tell me a long story about a boat."});
  QVERIFY(owner.waitForReadyRead(30'000));    // it answers: it owns the profile
  ::kill(pid_t(owner.processId()), SIGSTOP);  // and goes on owning it

  const CliRun second =
      run_cli({"ask", "--model", kStarter, "--data-dir", data_->path(), "--conversation", "b", "Hello"});
  QCOMPARE(second.exit_code, 2);
  QVERIFY2(second.err.contains("in use"), qPrintable(second.err));
  QVERIFY2(second.err.contains(QString::number(owner.processId())), qPrintable(second.err));

  owner.kill();  // −9: the lock must not outlive its owner
  QVERIFY(owner.waitForFinished());
  QCOMPARE(run_cli({"ask", "--model", kStarter, "--data-dir", data_->path(), "--conversation", "b",
                    "--max-tokens", "4", "Hello"})
               .exit_code,
           0);
}

QTEST_GUILESS_MAIN(ResumeTest)
#include "resume_test.moc"
