#include "tests/support/cli_process.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

using kvasir::test::CliRun;
using kvasir::test::run_cli;

namespace {

const QString kGolden = QStringLiteral(KVASIR_GOLDEN_DIR);
const QString kStarter = QStringLiteral(KVASIR_STARTER_MODEL);
const QString kVocabulary = QStringLiteral(KVASIR_EXTRACTED_GOLDEN_DIR "/deepseek-v3-vocab.gguf");

nlohmann::json read_json(const QString& path) {
  std::ifstream stream(path.toStdString());
  return nlohmann::json::parse(stream);
}

QString join(const std::vector<int>& numbers) {
  QStringList texts;
  for (const int number : numbers) texts.append(QString::number(number));
  return texts.join(',');
}

double relative_l2_error(const std::vector<double>& values, const std::vector<double>& reference) {
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    difference += (values[i] - reference[i]) * (values[i] - reference[i]);
    norm += reference[i] * reference[i];
  }
  return std::sqrt(difference / norm);
}

}  // namespace

class CliTest : public QObject {
  Q_OBJECT

 private slots:
  void logits_agree_with_the_golden_vectors();
  void fast_logits_stay_near_the_exact_ones();
  void tokenize_prints_the_ids_of_the_real_vocabulary();
  void special_tokens_are_text_where_they_are_not_to_be_parsed();
  void a_file_is_tokenised_byte_for_byte();
  void model_that_can_not_chat_is_refused_before_anything_is_stored();
  void bad_usage_ends_with_code_2_and_one_line_data();
  void bad_usage_ends_with_code_2_and_one_line();
};

void CliTest::logits_agree_with_the_golden_vectors() {
  const auto golden = read_json(kGolden + "/deepseek2-v3.json");
  const CliRun run = run_cli({"logits", "--model", kGolden + "/deepseek2-v3.gguf", "--tokens",
                              join(golden["tokens"]), "--positions", join(golden["positions"])});
  QCOMPARE(run.exit_code, 0);
  const auto logits = run.json()["logits"];
  QCOMPARE(logits.size(), golden["logits"].size());
  for (const auto& [position, reference] : golden["logits"].items())
    QVERIFY2(relative_l2_error(logits[position], reference) < 1e-4, position.c_str());
}

void CliTest::fast_logits_stay_near_the_exact_ones() {
  const auto reference = read_json(kGolden + "/kvasir-starter-0.1.json");
  const std::vector<int> tokens = reference["tokens"];
  const std::string last = std::to_string(tokens.size() - 1);
  const QStringList arguments = {
      "logits", "--model", kStarter, "--tokens", join(tokens), "--positions", QString::fromStdString(last)};
  const CliRun exact = run_cli(arguments);
  const CliRun fast = run_cli(arguments + QStringList{"--fast", "--threads", "2"});
  QCOMPARE(exact.exit_code, 0);
  QCOMPARE(fast.exit_code, 0);
  const double error = relative_l2_error(fast.json()["logits"][last], exact.json()["logits"][last]);
  QVERIFY2(error < 0.1, std::to_string(error).c_str());  // activations in 8 bit
  QVERIFY2(error > 0, "the fast path is to be another one than the exact path");
}

void CliTest::tokenize_prints_the_ids_of_the_real_vocabulary() {
  const CliRun run = run_cli({"tokenize", "--model", kVocabulary, "--text", "Hello, world!"});
  QCOMPARE(run.exit_code, 0);
  QCOMPARE(run.out, QString("[19923,14,2058,3]\n"));
}

void CliTest::special_tokens_are_text_where_they_are_not_to_be_parsed() {
  const QStringList arguments = {"tokenize", "--model", kVocabulary, "--text", "<｜User｜>"};
  QCOMPARE(run_cli(arguments).json(), nlohmann::json({128803}));
  const auto as_text = run_cli(arguments + QStringList{"--no-special"}).json();
  QVERIFY(as_text.size() > 1);
  for (const int id : as_text) QVERIFY(id < 128000);
}

void CliTest::a_file_is_tokenised_byte_for_byte() {
  QTemporaryDir folder;
  QFile file(folder.filePath("text"));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write("tabs\tand\nnewlines\r\n\r\n  mixed \n\n\n");
  file.close();
  const CliRun run = run_cli({"tokenize", "--model", kVocabulary, "--file", file.fileName()});
  QCOMPARE(run.json(),
           nlohmann::json({86, 10284, 200, 458, 201, 2839, 12678, 204, 201, 204, 201, 223, 11168, 61915}));
}

void CliTest::model_that_can_not_chat_is_refused_before_anything_is_stored() {
  QTemporaryDir folder;
  const QStringList arguments = {"ask", "--data-dir", folder.path(), "--conversation", "a"};
  const CliRun refused =
      run_cli(arguments + QStringList{"--model", kGolden + "/deepseek2-v3.gguf", "Remember this."});
  QCOMPARE(refused.exit_code, 2);
  QVERIFY2(refused.err.contains("chat template"), qPrintable(refused.err));
  QCOMPARE(refused.err.count('\n'), 1);

  const auto prompt_tokens = [&](const QString& conversation) {
    const CliRun run = run_cli({"ask", "--data-dir", folder.path(), "--conversation", conversation, "--model",
                                kStarter, "--max-tokens", "1", "--json", "Hello"});
    return int(run.json()["usage"]["prompt_tokens"]);
  };
  QCOMPARE(prompt_tokens("a"), prompt_tokens("b"));
}

void CliTest::bad_usage_ends_with_code_2_and_one_line_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<QString>("said");
  QTest::newRow("no subcommand") << QStringList{} << "subcommand";
  QTest::newRow("unknown option") << QStringList{"tokenize", "--model", kStarter, "--text", "x", "--what"}
                                  << "--what";
  QTest::newRow("no model") << QStringList{"tokenize", "--text", "x"} << "--model";
  QTest::newRow("missing model file")
      << QStringList{"tokenize", "--model", "/nowhere/x.gguf", "--text", "x"} << "/nowhere/x.gguf";
  QTest::newRow("missing text file") << QStringList{"tokenize", "--model", kStarter, "--file",
                                                    "/nowhere/x.txt"}
                                     << "/nowhere/x.txt";
  QTest::newRow("not a model") << QStringList{"logits",   "--model", kGolden + "/deepseek2-v3.json",
                                              "--tokens", "1",       "--positions",
                                              "0"}
                               << "deepseek2-v3.json";
  QTest::newRow("vocabulary only") << QStringList{"logits", "--model",     kVocabulary, "--tokens",
                                                  "1",      "--positions", "0"}
                                   << "deepseek-v3-vocab.gguf";
  QTest::newRow("position outside") << QStringList{"logits", "--model",     kStarter, "--tokens",
                                                   "1,2",    "--positions", "2"}
                                    << "--positions";
  QTest::newRow("token outside") << QStringList{"logits",  "--model",     kStarter, "--tokens",
                                                "1,99999", "--positions", "0"}
                                 << "99999";
  QTest::newRow("negative temperature")
      << QStringList{"ask", "--conversation", "a", "--temperature", "-1", "hello"} << "temperature";
  QTest::newRow("empty message") << QStringList{"ask", "--conversation", "a", ""} << "message";
  QTest::newRow("empty conversation")
      << QStringList{"ask", "--conversation", "", "hello"} << "--conversation";
  QTest::newRow("empty folder") << QStringList{"ask", "--data-dir", "", "--conversation", "a", "hello"}
                                << "--data-dir";
  QTest::newRow("absurd threads") << QStringList{"ask", "--conversation", "a", "--threads", "300000", "hello"}
                                  << "300000";
  QTest::newRow("no such profile") << QStringList{"ask",       "--data-dir", QDir::tempPath(),
                                                  "--profile", "nowhere",    "--conversation",
                                                  "a",         "hello"}
                                   << "nowhere";
  QTest::newRow("no such folder") << QStringList{"ask", "--data-dir", "/proc/nowhere", "--conversation",
                                                 "a",   "hello"}
                                  << "/proc/nowhere";
}

void CliTest::bad_usage_ends_with_code_2_and_one_line() {
  QFETCH(QStringList, arguments);
  QFETCH(QString, said);
  const CliRun run = run_cli(arguments);
  QCOMPARE(run.exit_code, 2);
  QCOMPARE(run.out, QString());
  QVERIFY2(run.err.contains(said), qPrintable(run.err));
  QCOMPARE(run.err.count('\n'), 1);
}

QTEST_GUILESS_MAIN(CliTest)
#include "cli_test.moc"
