#include "tests/engine/model/loaded_model.h"
#include "tests/engine/ops/random_tensors.h"
#include "tests/support/tiny_model.h"

#include <QFileInfo>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

using namespace kvasir::engine;
using namespace kvasir::engine::test;
using kvasir::test::TinyModel;

namespace {

constexpr uint32_t kTokens = 200;

std::vector<int32_t> make_tokens(uint32_t count = kTokens) {
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<int32_t>((i * i * 7 + 13 * i) % 512));
  return tokens;
}

/// The cuts between batches of so many tokens each.
std::vector<size_t> cuts_every(size_t step, size_t tokens) {
  std::vector<size_t> cuts;
  for (size_t cut = step; cut < tokens; cut += step) cuts.push_back(cut);
  return cuts;
}

/// A model with a weight of a type that large batches requantise.
GgufFile tiny_q4_1_model() {
  Random random;
  auto writer = TinyModel::writer();
  auto& down = writer.tensor("blk.0.ffn_down.weight");
  const OwnedTensor weight = random_tensor(random, DType::Q4_1, down.shape[0], down.shape[1]);
  down.dtype = DType::Q4_1;
  down.data.assign(weight.view.data.begin(), weight.view.data.end());
  auto file = GgufFile::from_bytes(writer.build(), "tiny.gguf");
  if (!file) qFatal("%s", file.error().message.c_str());
  return std::move(*file);
}

/// max |x - expected| / max |expected|
double largest_relative_difference(std::span<const float> x, std::span<const float> expected) {
  double difference = 0, largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference = std::max(difference, std::abs(double{x[i]} - double{expected[i]}));
    largest = std::max(largest, std::abs(double{expected[i]}));
  }
  return difference / largest;
}

}  // namespace

/// What lets a restored prefix continue with the same bits: see Model.
class BatchInvarianceTest : public QObject {
  Q_OBJECT

 private slots:
  void cuts_and_threads_change_no_bit_data();
  void cuts_and_threads_change_no_bit();
  void f32_kv_of_requantisable_weights_does_not_depend_on_cuts();
  void exact_logits_of_a_long_prompt_do_not_depend_on_its_cuts_data();
  void exact_logits_of_a_long_prompt_do_not_depend_on_its_cuts();
  void starter_answers_large_batches_nearly_as_small_ones_data();
  void starter_answers_large_batches_nearly_as_small_ones();
};

void BatchInvarianceTest::cuts_and_threads_change_no_bit_data() {
  QTest::addColumn<int>("isa");
  QTest::addColumn<QString>("path");
  QTest::addColumn<int>("type");
  for (Isa isa : available_isas()) {
    for (const char* path :
         {KVASIR_GOLDEN_DIR "/deepseek2-v2-lite.gguf", KVASIR_GOLDEN_DIR "/deepseek2-v3.gguf",
          KVASIR_GOLDEN_DIR "/deepseek2-glm-4.7-flash.gguf", KVASIR_STARTER_MODEL})
      for (const KvType type : {KvType::F32, KvType::F16, KvType::Q8_0})
        QTest::addRow("%s, %s, %s", isa_name(isa).data(), QFileInfo(path).fileName().toUtf8().data(),
                      kv_type_name(type).data())
            << static_cast<int>(isa) << path << static_cast<int>(type);
  }
}

/// The KV and logits of a prompt in few batches on one thread against odd cuts, single tokens and more
/// threads. Except with F32 KV, all batches are small ones: see Model.
void BatchInvarianceTest::cuts_and_threads_change_no_bit() {
  QFETCH(int, isa);
  QFETCH(QString, path);
  QFETCH(int, type);
  const std::vector<int32_t> tokens = make_tokens();

  const auto every = [](size_t step) { return cuts_every(step, kTokens); };
  const std::pair<unsigned, std::vector<size_t>> cases[] = {
      {1, every(type == static_cast<int>(KvType::F32) ? kTokens : 100)},
      {1, every(1)},
      {2, every(64)},
      {2, {1, 63, 64, 150, 198, 199}},
      {3, every(7)},
      {3, {100, 191, 192, 193, 194}}};

  std::vector<float> expected_logits;
  std::optional<KvCache> expected;
  for (const auto& [threads, cuts] : cases) {
    auto loaded = load(path.toStdString(), make_cpu_backend({threads, static_cast<Isa>(isa)}));
    QVERIFY(loaded);
    Model& model = *loaded->model;
    auto cache = KvCache::create(model.kv_layout(static_cast<KvType>(type)), kTokens);
    QVERIFY(cache);
    const std::vector<float> logits = run(model, *cache, tokens, cuts);
    if (!expected) {
      expected_logits = logits;
      expected = std::move(*cache);
      continue;
    }
    const QByteArray which =
        QByteArray::number(threads) + " threads, cuts: " + QByteArray::number(cuts.size());
    QVERIFY2(std::memcmp(logits.data(), expected_logits.data(), logits.size() * sizeof(float)) == 0, which);
    for (uint32_t layer = 0; layer < cache->layout().layers; ++layer) {
      const auto rows = cache->slice(layer, 0, kTokens);
      QVERIFY2(std::memcmp(rows.data(), expected->row(layer, 0), rows.size()) == 0, which);
    }
  }
}

void BatchInvarianceTest::f32_kv_of_requantisable_weights_does_not_depend_on_cuts() {
  std::vector<int32_t> tokens = make_tokens();
  for (int32_t& token : tokens) token %= static_cast<int32_t>(TinyModel::kVocab);
  const GgufFile file = tiny_q4_1_model();
  const auto config = ModelConfig::from_gguf(file);
  QVERIFY(config && Model::expanded_batch_tokens(*config) <= kTokens);
  for (const Isa isa : available_isas()) {
    std::vector<float> logits[2];
    for (const bool is_large : {false, true}) {
      Model model(*config, *ModelWeights::bind(file, *config), make_cpu_backend({1, isa}));
      auto cache = KvCache::create(model.kv_layout(KvType::F32), kTokens);
      QVERIFY(cache);
      logits[is_large] = run(model, *cache, tokens, cuts_every(is_large ? kTokens : 100, kTokens));
    }
    QVERIFY2(logits[0] == logits[1], isa_name(isa).data());
  }
}

void BatchInvarianceTest::exact_logits_of_a_long_prompt_do_not_depend_on_its_cuts_data() {
  QTest::addColumn<int>("isa");
  for (Isa isa : available_isas()) QTest::newRow(isa_name(isa).data()) << static_cast<int>(isa);
}

/// What a measurement in the exact arithmetic may count on far into a context: 4,096 tokens in full batches
/// against an uneven cut, on both sides of the number from which on other KV would be expanded.
void BatchInvarianceTest::exact_logits_of_a_long_prompt_do_not_depend_on_its_cuts() {
  QFETCH(int, isa);
  constexpr uint32_t kLongTokens = 4096;
  const std::vector<int32_t> tokens = make_tokens(kLongTokens);
  const std::vector<size_t> uneven = {1,    171,  342,  854,  861,  1373, 1885, 2048,
                                      2049, 2561, 2690, 3202, 3372, 3540, 4052, 4095};
  std::vector<float> logits[2];
  for (const bool is_uneven : {false, true}) {
    auto loaded = load(
        KVASIR_GOLDEN_DIR "/deepseek2-v3.gguf",
        make_cpu_backend(
            {.threads = is_uneven ? 2u : 1u, .isa = static_cast<Isa>(isa), .arithmetic = Arithmetic::Exact}));
    QVERIFY(loaded);
    auto cache = KvCache::create(loaded->model->kv_layout(KvType::F32), kLongTokens);
    QVERIFY(cache);
    logits[is_uneven] = run(*loaded->model, *cache, tokens,
                            is_uneven ? uneven : cuts_every(Backend::kMaxBatchTokens, kLongTokens));
  }
  const size_t vocab = logits[0].size() / kLongTokens;
  for (const size_t position : {size_t{0}, size_t{170}, size_t{511}, size_t{1372}, size_t{2048}, size_t{2815},
                                size_t{4094}, size_t{4095}}) {
    const auto row = [&](const std::vector<float>& all) {
      return std::span(all).subspan(position * vocab, vocab);
    };
    const double difference = largest_relative_difference(row(logits[1]), row(logits[0]));
    QVERIFY2(difference <= 1e-3, qPrintable(QString("position %1: %2").arg(position).arg(difference)));
  }
}

void BatchInvarianceTest::starter_answers_large_batches_nearly_as_small_ones_data() {
  QTest::addColumn<int>("isa");
  QTest::addColumn<int>("type");
  for (Isa isa : available_isas())
    for (const KvType type : {KvType::F16, KvType::Q8_0})
      QTest::addRow("%s, %s", isa_name(isa).data(), kv_type_name(type).data())
          << static_cast<int>(isa) << static_cast<int>(type);
}

/// One large batch, whose attention is expanded, against small ones, where it never is. Random models are no
/// measure for this: a little rounding sends their tokens to other experts.
void BatchInvarianceTest::starter_answers_large_batches_nearly_as_small_ones() {
  QFETCH(int, isa);
  QFETCH(int, type);
  const std::vector<int32_t> tokens = make_tokens();
  std::vector<float> logits[2];
  for (const bool is_large : {false, true}) {
    auto loaded = load(KVASIR_STARTER_MODEL, make_cpu_backend({2, static_cast<Isa>(isa)}));
    QVERIFY(loaded);
    QVERIFY(Model::expanded_batch_tokens(loaded->model->config()) <= kTokens);
    auto cache = KvCache::create(loaded->model->kv_layout(static_cast<KvType>(type)), kTokens);
    QVERIFY(cache);
    logits[is_large] =
        run(*loaded->model, *cache, tokens, is_large ? std::vector<size_t>{} : std::vector<size_t>{100});
  }
  double difference = 0, all = 0;
  for (size_t i = 0; i < logits[0].size(); ++i) {
    difference += std::pow(double(logits[0][i]) - double(logits[1][i]), 2);
    all += std::pow(double(logits[0][i]), 2);
  }
  qInfo("NMSE: %.2g", difference / all);
  QVERIFY(difference <= 1e-2 * all);
}

QTEST_GUILESS_MAIN(BatchInvarianceTest)
#include "batch_invariance_test.moc"
