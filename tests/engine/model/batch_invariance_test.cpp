#include "tests/engine/model/loaded_model.h"

#include <QFileInfo>
#include <QTest>
#include <cstring>
#include <utility>

using namespace kvasir::engine;
using namespace kvasir::engine::test;

/// What lets a restored prefix continue with the same bits: see Model.
class BatchInvarianceTest : public QObject {
  Q_OBJECT

 private slots:
  void cuts_and_threads_change_no_bit_data();
  void cuts_and_threads_change_no_bit();
};

void BatchInvarianceTest::cuts_and_threads_change_no_bit_data() {
  QTest::addColumn<int>("isa");
  QTest::addColumn<QString>("path");
  QTest::addColumn<bool>("f16");
  for (Isa isa : available_isas()) {
    for (const char* path :
         {KVASIR_GOLDEN_DIR "/deepseek2-v2-lite.gguf", KVASIR_GOLDEN_DIR "/deepseek2-v3.gguf",
          KVASIR_GOLDEN_DIR "/deepseek2-glm-4.7-flash.gguf", KVASIR_STARTER_MODEL})
      for (bool f16 : {false, true})
        QTest::addRow("%s, %s, %s", isa_name(isa).data(), QFileInfo(path).fileName().toUtf8().data(),
                      f16 ? "F16" : "F32")
            << static_cast<int>(isa) << path << f16;
  }
}

/// The KV and logits of a prompt in one batch on one thread against odd cuts, single tokens and more threads.
void BatchInvarianceTest::cuts_and_threads_change_no_bit() {
  QFETCH(int, isa);
  QFETCH(QString, path);
  QFETCH(bool, f16);
  const KvType type = f16 ? KvType::F16 : KvType::F32;
  constexpr uint32_t kTokens = 200;
  std::vector<int32_t> tokens;
  for (int32_t i = 0; i < static_cast<int32_t>(kTokens); ++i) tokens.push_back((i * i * 7 + 13 * i) % 512);

  const auto every = [](size_t step) {
    std::vector<size_t> cuts;
    for (size_t cut = step; cut < kTokens; cut += step) cuts.push_back(cut);
    return cuts;
  };
  const std::pair<unsigned, std::vector<size_t>> cases[] = {{1, {}},        {1, every(1)},
                                                            {2, every(64)}, {2, {1, 63, 64, 150, 198, 199}},
                                                            {3, every(7)},  {3, {190, 191, 192, 193, 194}}};

  std::vector<float> expected_logits;
  std::optional<KvCache> expected;
  for (const auto& [threads, cuts] : cases) {
    auto loaded = load(path.toStdString(), make_cpu_backend({threads, static_cast<Isa>(isa)}));
    QVERIFY(loaded);
    Model& model = *loaded->model;
    auto cache = KvCache::create(model.kv_layout(type), kTokens);
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

QTEST_GUILESS_MAIN(BatchInvarianceTest)
#include "batch_invariance_test.moc"
