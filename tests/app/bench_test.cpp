#include "app/cli/bench/made_model.h"
#include "app/cli/bench/statistics.h"
#include "app/cli/bench/weight_bytes.h"
#include "engine/gguf/gguf_file.h"
#include "tests/support/cli_process.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

using namespace kvasir;
using kvasir::test::CliRun;
using kvasir::test::run_program;

namespace {

const QString kBench = QStringLiteral("kvasir-bench");
const QString kStarter = QStringLiteral(KVASIR_STARTER_MODEL);

CliRun make_micro(const QString& path, const QStringList& more = {}) {
  return run_program(kBench, QStringList{"make-model", "--shape", "micro", path} + more);
}

}  // namespace

class BenchTest : public QObject {
  Q_OBJECT

 private slots:
  void made_model_is_measured_at_every_depth();
  void starter_is_measured_without_options_that_name_it();
  void a_token_reads_its_share_of_the_experts();
  void saving_is_measured_in_pairs();
  void the_interval_of_a_median_is_the_textbooks();
  void options_change_the_made_model();
  void bad_use_ends_with_code_2_data();
  void bad_use_ends_with_code_2();
  void a_folder_that_is_not_there_is_told();
};

void BenchTest::made_model_is_measured_at_every_depth() {
  QTemporaryDir folder;
  const QString path = folder.filePath("micro.gguf");
  const CliRun made = make_micro(path);
  QVERIFY2(made.exit_code == 0, qPrintable(made.err));
  for (const QString kv_type : {"f16", "q8_0"}) {
    const CliRun run =
        run_program(kBench, {"--model", path, "--prompt-tokens", "16", "--generate-tokens", "2", "--depth",
                             "0,300", "--repeat", "2", "--kv-type", kv_type, "--threads", "2", "--json"});
    QVERIFY2(run.exit_code == 0, qPrintable(run.err));
    const auto json = run.json();
    QCOMPARE(json["depths"].size(), size_t{2});
    QCOMPARE(json["depths"][1]["depth"].get<int>(), 300);
    QVERIFY(json["depths"][1]["context_is_random"].get<bool>());
    QVERIFY(!json["depths"][0]["context_is_random"].get<bool>());
    for (const auto& depth : json["depths"]) {
      QCOMPARE(depth["decode_tokens_per_second_runs"].size(), size_t{2});
      QVERIFY(depth["prefill_tokens_per_second"].get<double>() > 0);
      QVERIFY(depth["decode_tokens_per_second"].get<double>() > 0);
      QVERIFY(depth["decode_bandwidth_share"].get<double>() > 0);
    }
    // four blocks, 576 values in a row, 16 prompt tokens and on average 1.5 decoded ones in front
    if (kv_type == "f16")
      QCOMPARE(json["depths"][1]["kv_bytes_per_token"].get<double>(), (300 + 16 + 1.5) * 4 * 576 * 2);
    QVERIFY(json["memory_bytes_per_second"].get<double>() > 1e8);
    QVERIFY(json["load_ms"].get<double>() > 0);
  }
}

void BenchTest::starter_is_measured_without_options_that_name_it() {
  const CliRun run =
      run_program(kBench, {"--prompt-tokens", "8", "--generate-tokens", "2", "--threads", "2"});
  QVERIFY2(run.exit_code == 0, qPrintable(run.err));
  QVERIFY(run.out.contains("kvasir-starter"));
  QVERIFY(run.out.contains("t/s"));
}

/// micro as Q8_0: 34 bytes for 32 weights, all of them but for the embedding and 12 of 16 experts.
void BenchTest::a_token_reads_its_share_of_the_experts() {
  const auto shape = app::find_model_shape("micro").value();
  QTemporaryDir folder;
  const auto path = folder.filePath("micro.gguf").toStdString();
  const app::MadeModel model{shape, app::find_type_mix("Q8_0").value()};
  QVERIFY(app::write_made_model(model, storage::posix_file_system(), path, 2, {}));
  const auto file = engine::GgufFile::open(path).value();
  const auto config = engine::ModelConfig::from_gguf(file).value();
  const auto weights = engine::ModelWeights::bind(file, config).value();
  double all = 0, experts = 0, embedding = 0;
  for (const engine::TensorView& tensor : file.tensors()) {
    const auto bytes = static_cast<double>(tensor.data.size());
    all += bytes;
    if (tensor.name.find("_exps") != std::string::npos) experts += bytes;
    if (tensor.name == "token_embd.weight") embedding = bytes;
  }
  const double row = shape.hidden_size / 32.0 * 34;
  QCOMPARE(embedding, row * shape.vocab_size);
  QCOMPARE(app::weight_bytes_per_token(weights, config), all - embedding + row - experts * 12 / 16);
}

void BenchTest::saving_is_measured_in_pairs() {
  const QTemporaryDir folder;
  const CliRun run =
      run_program(kBench, {"kv", "--model", kStarter, "--saving", "--pairs", "3", "--generate-tokens", "70",
                           "--folder", folder.path(), "--threads", "1", "--json"});
  QVERIFY2(run.exit_code == 0, qPrintable(run.err));
  const auto json = run.json();
  QVERIFY(json["bytes_written"].get<uint64_t>() > 0);
  for (const char* name : {"us_per_token_saving", "us_per_token_not_saving", "cpu_us_per_token_saving",
                           "cpu_us_per_token_not_saving"}) {
    QCOMPARE(json[name].size(), size_t{3});
    for (const double us : json[name]) QVERIFY(us > 0);
  }
  QVERIFY(QDir(folder.path()).isEmpty());
}

void BenchTest::the_interval_of_a_median_is_the_textbooks() {
  // From tables of the sign test.
  const auto ranks = [](int count) {
    std::vector<double> values;
    for (int rank = count; rank > 0; --rank) values.push_back(rank);
    return app::median_interval(values);
  };
  QCOMPARE(ranks(6), std::pair(1.0, 6.0));
  QCOMPARE(ranks(20), std::pair(6.0, 15.0));
  QCOMPARE(ranks(50), std::pair(18.0, 33.0));
  QCOMPARE(ranks(100), std::pair(40.0, 61.0));
  QCOMPARE(ranks(2), std::pair(1.0, 2.0));
}

void BenchTest::options_change_the_made_model() {
  QTemporaryDir folder;
  const QString path = folder.filePath("micro.gguf");
  const CliRun made =
      make_micro(path, {"--type", "Q6_K", "--blocks", "2", "--context", "4096", "--old-kv-b", "--seed", "9"});
  QVERIFY2(made.exit_code == 0, qPrintable(made.err));
  const auto file = engine::GgufFile::open(path.toStdString()).value();
  const auto config = engine::ModelConfig::from_gguf(file).value();
  QCOMPARE(config.num_hidden_layers, 2u);
  QCOMPARE(config.max_position_embeddings, 4096u);
  QVERIFY(file.find_tensor("blk.1.attn_kv_b.weight"));
  QCOMPARE(file.find_tensor("output.weight")->dtype, engine::DType::Q6_K);
}

void BenchTest::bad_use_ends_with_code_2_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<QString>("said");
  QTest::newRow("unknown shape") << QStringList{"make-model", "--shape", "v9", "x"} << "v9";
  QTest::newRow("unknown type") << QStringList{"make-model", "--shape", "micro", "--type", "Q1", "x"} << "Q1";
  QTest::newRow("no path") << QStringList{"make-model", "--shape", "micro"} << "out";
  QTest::newRow("no such model") << QStringList{"--model", "/nowhere/x.gguf"} << "/nowhere/x.gguf";
  QTest::newRow("no tokens") << QStringList{"--model", kStarter, "--prompt-tokens", "0"} << "--prompt-tokens";
  QTest::newRow("depth is no number") << QStringList{"--depth", "0,deep"} << "--depth";
}

void BenchTest::bad_use_ends_with_code_2() {
  QFETCH(const QStringList, arguments);
  QFETCH(const QString, said);
  const CliRun run = run_program(kBench, arguments);
  QCOMPARE(run.exit_code, 2);
  QCOMPARE(run.out, QString());
  QVERIFY2(run.err.contains(said), qPrintable(run.err));
  QCOMPARE(run.err.count('\n'), 1);
}

void BenchTest::a_folder_that_is_not_there_is_told() {
  const CliRun run = make_micro("/nowhere/x.gguf");
  QCOMPARE(run.exit_code, 1);
  QVERIFY2(run.err.contains("/nowhere"), qPrintable(run.err));
}

QTEST_GUILESS_MAIN(BenchTest)
#include "bench_test.moc"
