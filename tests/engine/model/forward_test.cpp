#include "tests/engine/model/loaded_model.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

using namespace kvasir::engine;
using namespace kvasir::engine::test;
using nlohmann::json;

namespace {

constexpr uint32_t kCapacity = 640;
constexpr int kScalar = -1;  ///< where a row of data names no instruction set
constexpr const char* kGoldenFiles[] = {"deepseek2-v2-lite", "deepseek2-v2-lite-kv_b",
                                        "deepseek2-v2-yarn-kv_b", "deepseek2-v3", "deepseek2-glm-4.7-flash"};

json read_json(const std::string& path) {
  std::ifstream stream(path);
  return json::parse(stream);
}

/// ‖x − reference‖ / ‖reference‖
double relative_error(std::span<const float> x, const std::vector<double>& reference) {
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    difference += std::pow(static_cast<double>(x[i]) - reference[i], 2);
    norm += reference[i] * reference[i];
  }
  return std::sqrt(difference / norm);
}

int32_t argmax(std::span<const float> logits) {
  return static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

std::vector<int32_t> continue_greedily(Model& model, KvCache& cache, int32_t next, size_t count) {
  std::vector<int32_t> ids;
  std::vector<float> logits(model.config().vocab_size);
  const uint32_t row = 0;
  while (ids.size() < count) {
    ids.push_back(next);
    const auto done = model.forward(std::span(&next, 1), cache, std::span(&row, 1), logits);
    if (!done) qFatal("%s", done.error().message.c_str());
    next = argmax(logits);
  }
  return ids;
}

std::span<const float> row_of(const std::vector<float>& logits, size_t row, size_t vocab) {
  return std::span(logits).subspan(row * vocab, vocab);
}

}  // namespace

class ForwardTest : public QObject {
  Q_OBJECT

 private slots:
  void golden_logits_are_met_in_every_cut_data();
  void golden_logits_are_met_in_every_cut();
  void greedy_continuation_is_the_golden_one_data();
  void greedy_continuation_is_the_golden_one();
  void starter_meets_its_golden_logits_data() { add_backends(); }
  void starter_meets_its_golden_logits();
  void starter_likes_held_out_text_as_the_reference_does_data() { add_backends(); }
  void starter_likes_held_out_text_as_the_reference_does();
  void starter_likes_held_out_text_as_much_in_8_bit_data() { add_backends(); }
  void starter_likes_held_out_text_as_much_in_8_bit();
  void impossible_requests_are_refused();
  void cache_of_another_model_is_refused();

 private:
  void add_backends();
  void add_golden_files();
  std::unique_ptr<Backend> make_backend(Arithmetic arithmetic = Arithmetic::Exact) const;
  /// Mean negative log-likelihood of the starter's held-out tokens, and what the reference has.
  std::pair<double, double> held_out_nll(std::unique_ptr<Backend> backend, KvType kv_type);
};

void ForwardTest::add_backends() {
  QTest::addColumn<int>("isa");
  QTest::addRow("scalar") << kScalar;
  for (Isa isa : available_isas()) QTest::newRow(isa_name(isa).data()) << static_cast<int>(isa);
}

void ForwardTest::add_golden_files() {
  QTest::addColumn<int>("isa");
  QTest::addColumn<QString>("name");
  for (const char* name : kGoldenFiles) {
    const std::string file = std::string(", ") + name;
    QTest::newRow(("scalar" + file).c_str()) << kScalar << name;
    for (Isa isa : available_isas())
      QTest::newRow((std::string(isa_name(isa)) + file).c_str()) << static_cast<int>(isa) << name;
  }
}

std::unique_ptr<Backend> ForwardTest::make_backend(Arithmetic arithmetic) const {
  QFETCH(int, isa);
  if (isa == kScalar) return make_scalar_backend();
  return make_cpu_backend({.threads = 2, .isa = static_cast<Isa>(isa), .arithmetic = arithmetic});
}

void ForwardTest::golden_logits_are_met_in_every_cut_data() {
  add_golden_files();
}

void ForwardTest::golden_logits_are_met_in_every_cut() {
  QFETCH(QString, name);
  const std::string path = std::string(KVASIR_GOLDEN_DIR "/") + name.toStdString();
  const json golden = read_json(path + ".json");
  const std::vector<int32_t> tokens = golden["tokens"];
  const std::vector<size_t> positions = golden["positions"];
  auto loaded = load(path + ".gguf", make_backend());
  QVERIFY(loaded);
  Model& model = *loaded->model;
  const size_t vocab = model.config().vocab_size;

  const std::vector<std::vector<size_t>> all_cuts = {{}, {1, 64}, {63, 64, 70, 159}};
  for (const auto& cuts : all_cuts) {
    auto cache = KvCache::create(model.kv_layout(KvType::F32), kCapacity);
    QVERIFY(cache);
    const std::vector<float> logits = run(model, *cache, tokens, cuts);
    QCOMPARE(cache->length(), tokens.size());
    for (size_t position : positions) {
      const std::vector<double> reference = golden["logits"][std::to_string(position)];
      QCOMPARE(reference.size(), vocab);
      const double error = relative_error(row_of(logits, position, vocab), reference);
      QVERIFY2(error <= 1e-4, qPrintable(QString("position %1: %2").arg(position).arg(error)));
    }
  }
}

void ForwardTest::greedy_continuation_is_the_golden_one_data() {
  add_golden_files();
}

void ForwardTest::greedy_continuation_is_the_golden_one() {
  QFETCH(QString, name);
  const std::string path = std::string(KVASIR_GOLDEN_DIR "/") + name.toStdString();
  const json golden = read_json(path + ".json");
  const std::vector<int32_t> tokens = golden["tokens"];
  const std::vector<int32_t> expected = golden["greedy_after_64_tokens"];
  auto loaded = load(path + ".gguf", make_backend());
  QVERIFY(loaded);
  Model& model = *loaded->model;
  const size_t vocab = model.config().vocab_size;

  auto cache = KvCache::create(model.kv_layout(KvType::F32), kCapacity);
  QVERIFY(cache);
  const std::vector<float> logits = run(model, *cache, std::span(tokens).first(64), {50});
  const auto ids = continue_greedily(model, *cache, argmax(row_of(logits, 63, vocab)), expected.size());
  QCOMPARE(ids, expected);
}

void ForwardTest::starter_meets_its_golden_logits() {
  const json all = read_json(KVASIR_GOLDEN_DIR "/kvasir-starter-0.1.json");
  const json& golden = all["models"]["kvasir-starter-0.1.gguf"];
  const std::vector<int32_t> tokens = all["tokens"];
  const std::vector<double> reference = golden["logits_last"];
  const std::vector<int32_t> expected = golden["greedy"];
  auto loaded = load(KVASIR_STARTER_MODEL, make_backend());
  QVERIFY(loaded);
  Model& model = *loaded->model;

  auto cache = KvCache::create(model.kv_layout(KvType::F32), kCapacity);
  QVERIFY(cache);
  const std::vector<float> logits = run(model, *cache, tokens, {});
  const auto last = row_of(logits, tokens.size() - 1, model.config().vocab_size);
  const double error = relative_error(last, reference);
  QVERIFY2(error <= 1e-4, qPrintable(QString::number(error)));
  QCOMPARE(continue_greedily(model, *cache, argmax(last), expected.size()), expected);
}

std::pair<double, double> ForwardTest::held_out_nll(std::unique_ptr<Backend> backend, KvType kv_type) {
  const json all = read_json(KVASIR_GOLDEN_DIR "/kvasir-starter-0.1.json");
  const double reference = all["models"]["kvasir-starter-0.1.gguf"]["heldout_first_512_tokens_nll"];
  const std::vector<int32_t> tokens = all["heldout_first_512_tokens"];
  auto loaded = load(KVASIR_STARTER_MODEL, std::move(backend));
  Model& model = *loaded->model;
  const size_t vocab = model.config().vocab_size;

  auto cache = KvCache::create(model.kv_layout(kv_type), kCapacity);
  const std::vector<float> logits = run(model, *cache, tokens, {100, 300});
  double sum = 0;
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    const auto row = row_of(logits, i, vocab);
    const double largest = static_cast<double>(*std::max_element(row.begin(), row.end()));
    double total = 0;
    for (float logit : row) total += std::exp(static_cast<double>(logit) - largest);
    sum += largest + std::log(total) - static_cast<double>(row[static_cast<size_t>(tokens[i + 1])]);
  }
  return {sum / static_cast<double>(tokens.size() - 1), reference};
}

void ForwardTest::starter_likes_held_out_text_as_the_reference_does() {
  const auto [mean, reference] = held_out_nll(make_backend(), KvType::F32);
  QVERIFY2(std::abs(mean - reference) < 1e-4,
           qPrintable(QString("%1 against %2").arg(mean, 0, 'g', 12).arg(reference, 0, 'g', 12)));
}

void ForwardTest::starter_likes_held_out_text_as_much_in_8_bit() {
  QFETCH(int, isa);
  // One window of text scatters where KV is rounded; docs/performance.md has the difference over a whole
  // text.
  for (const auto& [kv_type, limit] :
       {std::pair(KvType::F32, 0.003), std::pair(KvType::F16, 0.01), std::pair(KvType::Q8_0, 0.01)}) {
    // The oracle knows no fast arithmetic: this is what the function above compares.
    if (isa == kScalar && kv_type == KvType::F32) continue;
    const auto [mean, reference] = held_out_nll(make_backend(Arithmetic::Fast), kv_type);
    const double change = std::exp(mean - reference) - 1;  // of the perplexity
    QVERIFY2(std::abs(change) < limit, qPrintable(QString::number(change)));
  }
}

void ForwardTest::impossible_requests_are_refused() {
  auto loaded = load(KVASIR_GOLDEN_DIR "/deepseek2-v3.gguf", make_scalar_backend());
  QVERIFY(loaded);
  Model& model = *loaded->model;
  const uint32_t vocab = model.config().vocab_size;
  auto cache = KvCache::create(model.kv_layout(KvType::F16), 4);
  QVERIFY(cache);
  std::vector<float> logits(vocab);
  const auto code = [&](std::vector<int32_t> tokens, std::vector<uint32_t> rows, size_t room) {
    const auto done = model.forward(tokens, *cache, rows, std::span(logits).first(room));
    return done ? std::nullopt : std::optional(done.error().code);
  };

  QCOMPARE(code({}, {}, 0), std::optional(ErrorCode::BadRequest));
  QCOMPARE(code(std::vector<int32_t>(Backend::kMaxBatchTokens + 1, 1), {}, 0),
           std::optional(ErrorCode::BadRequest));
  QCOMPARE(code({1, -1}, {}, 0), std::optional(ErrorCode::BadRequest));
  QCOMPARE(code({1, static_cast<int32_t>(vocab)}, {}, 0), std::optional(ErrorCode::BadRequest));
  QCOMPARE(code({1, 2, 3, 4, 5}, {}, 0), std::optional(ErrorCode::BadRequest));
  QCOMPARE(code({1}, {1}, vocab), std::optional(ErrorCode::BadRequest));
  QCOMPARE(code({1}, {0}, vocab - 1), std::optional(ErrorCode::BadRequest));
  QCOMPARE(cache->length(), 0u);
  QCOMPARE(code({1, 2, 3, 4}, {3}, vocab), std::optional<ErrorCode>());
  QCOMPARE(cache->length(), 4u);
  QCOMPARE(code({1}, {}, 0), std::optional(ErrorCode::BadRequest));
}

void ForwardTest::cache_of_another_model_is_refused() {
  auto loaded = load(KVASIR_GOLDEN_DIR "/deepseek2-v3.gguf", make_scalar_backend());
  QVERIFY(loaded);
  KvLayout layout = loaded->model->kv_layout(KvType::F32);
  layout.width += 1;
  auto cache = KvCache::create(layout, 16);
  QVERIFY(cache);
  const int32_t token = 1;
  const auto done = loaded->model->forward(std::span(&token, 1), *cache, {}, {});
  QVERIFY(!done);
  QCOMPARE(done.error().code, ErrorCode::BadRequest);
}

QTEST_GUILESS_MAIN(ForwardTest)
#include "forward_test.moc"
