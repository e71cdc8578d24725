#include "tests/support/cli_process.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <fstream>

using kvasir::test::CliRun;
using kvasir::test::run_cli;

namespace {

const QString kStarter = QStringLiteral(KVASIR_STARTER_MODEL);
const QString kText = QStringLiteral(KVASIR_GOLDEN_DIR "/heldout-511-tokens.txt");

/// What an independent implementation found for the begin-of-sentence token and the 511 tokens of kText.
double reference_nll() {
  std::ifstream stream(KVASIR_GOLDEN_DIR "/kvasir-starter-0.1.json");
  return nlohmann::json::parse(stream)["models"]["kvasir-starter-0.1.gguf"]["heldout_first_512_tokens_nll"];
}

CliRun perplexity(const QStringList& more, const QString& file = kText) {
  return run_cli(QStringList{"perplexity", "--model", kStarter, "--file", file, "--threads", "2", "--json"} +
                 more);
}

double number(const nlohmann::json& json, const char* key) {
  return json.at(key).get<double>();
}

}  // namespace

class PerplexityTest : public QObject {
  Q_OBJECT

 private slots:
  void exact_likelihood_is_the_references();
  void fast_likelihood_stays_near_it_data();
  void fast_likelihood_stays_near_it();
  void only_tokens_behind_the_skipped_ones_count();
  void windows_start_afresh();
  void bad_use_ends_with_code_2_data();
  void bad_use_ends_with_code_2();
};

void PerplexityTest::exact_likelihood_is_the_references() {
  const CliRun run = perplexity({"--exact", "--skip", "0"});
  QVERIFY2(run.exit_code == 0, qPrintable(run.err));
  const auto json = run.json();
  QCOMPARE(json["tokens"].get<int>(), 511);
  QVERIFY(std::abs(number(json, "nll") - reference_nll()) < 1e-5);
  QVERIFY(std::abs(number(json, "perplexity") / std::exp(number(json, "nll")) - 1) < 1e-12);
}

void PerplexityTest::fast_likelihood_stays_near_it_data() {
  QTest::addColumn<QString>("kv_type");
  QTest::newRow("f16") << "f16";
  QTest::newRow("q8_0") << "q8_0";
}

void PerplexityTest::fast_likelihood_stays_near_it() {
  QFETCH(const QString, kv_type);
  const auto json = perplexity({"--skip", "0", "--kv-type", kv_type}).json();
  QVERIFY(std::abs(number(json, "nll") - reference_nll()) < 1e-2);
  QVERIFY(number(json, "nll") != reference_nll());
}

/// The mean over a window follows from the means over its parts.
void PerplexityTest::only_tokens_behind_the_skipped_ones_count() {
  const auto all = perplexity({"--exact", "--skip", "0"}).json();
  const auto half = perplexity({"--exact"}).json();  // half a window is the usual
  QCOMPARE(half["skip"].get<int>(), 256);
  QCOMPARE(half["tokens"].get<int>(), 255);
  const auto last = perplexity({"--exact", "--skip", "510"}).json();
  QCOMPARE(last["tokens"].get<int>(), 1);
  const auto but_last = perplexity({"--exact", "--skip", "509"}).json();
  QCOMPARE(but_last["tokens"].get<int>(), 2);
  QVERIFY(number(all, "nll") != number(half, "nll"));
  // two values a and b: mean (a+b)/2, standard error |a−b|/2
  const double b = number(last, "nll");
  const double a = 2 * number(but_last, "nll") - b;
  QVERIFY(std::abs(number(but_last, "nll_standard_error") - std::abs(a - b) / 2) < 1e-6);
}

/// Windows of the same tokens have the same likelihood, which they would not have behind each other.
void PerplexityTest::windows_start_afresh() {
  QTemporaryDir folder;
  QFile file(folder.filePath("text"));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(QByteArray(" think").repeated(600));
  file.close();
  const QStringList options = {"--exact", "--context", "128"};
  const auto one = perplexity(options + QStringList{"--windows", "1"}, file.fileName()).json();
  const auto all = perplexity(options, file.fileName()).json();
  QCOMPARE(one["tokens"].get<int>(), 63);
  QVERIFY(all["windows"].get<int>() > 1);
  QCOMPARE(all["tokens"].get<int>(), 63 * all["windows"].get<int>());
  QVERIFY(std::abs(number(all, "nll") - number(one, "nll")) < 1e-9);
}

void PerplexityTest::bad_use_ends_with_code_2_data() {
  QTest::addColumn<QStringList>("options");
  QTest::addColumn<QString>("said");
  QTest::newRow("text too short") << QStringList{"--context", "1000"} << "512 tokens";
  QTest::newRow("nothing left") << QStringList{"--context", "100", "--skip", "99"} << "--skip";
  QTest::newRow("huge skip") << QStringList{"--skip", "4294967295"} << "--skip";
  QTest::newRow("no context") << QStringList{"--context", "0"} << "--context";
  QTest::newRow("unknown KV") << QStringList{"--kv-type", "f12"} << "f12";
}

void PerplexityTest::bad_use_ends_with_code_2() {
  QFETCH(const QStringList, options);
  QFETCH(const QString, said);
  const CliRun run = perplexity(options);
  QCOMPARE(run.exit_code, 2);
  QCOMPARE(run.out, QString());
  QVERIFY2(run.err.contains(said), qPrintable(run.err));
}

QTEST_GUILESS_MAIN(PerplexityTest)
#include "perplexity_test.moc"
