#include "tests/engine/ops/random_tensors.h"

#include <QTest>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

using namespace kvasir::engine;
using namespace kvasir::engine::test;

namespace {

struct Shape {
  uint32_t heads;
  uint32_t kv_lora;
  uint32_t rope;
  uint32_t nope;
  uint32_t v_head;
  uint32_t width() const { return kv_lora + rope; }
  float scale() const { return 1.0f / std::sqrt(static_cast<float>(nope + rope)); }
};

constexpr Shape kV2Lite = {16, 512, 64, 128, 128};
constexpr Shape kGlm = {20, 512, 64, 192, 256};
constexpr Shape kStarter = {8, 64, 16, 32, 32};

}  // namespace

/// Attention over F16 and Q8_0 KV, absorbed and expanded, on every kind of kernel that this machine can run.
class AttentionTest : public QObject {
  Q_OBJECT

 private slots:
  void init();
  void absorbed_agrees_with_the_oracle_data() { add_variants(); }
  void absorbed_agrees_with_the_oracle();
  void absorbed_is_the_same_in_every_batch_and_on_every_number_of_threads_data() { add_variants(); }
  void absorbed_is_the_same_in_every_batch_and_on_every_number_of_threads();
  void expanded_agrees_with_the_oracle_data() { add_variants(); }
  void expanded_agrees_with_the_oracle();
  void expanded_is_the_same_in_every_batch_and_on_every_number_of_threads_data() { add_variants(); }
  void expanded_is_the_same_in_every_batch_and_on_every_number_of_threads();
  void expanded_agrees_with_absorbed_data() { add_variants(); }
  void expanded_agrees_with_absorbed();
  void one_large_logit_takes_all_data() { add_variants(); }
  void one_large_logit_takes_all();
  void many_small_weights_beside_a_large_one_count_data() { add_variants(); }
  void many_small_weights_beside_a_large_one_count();
  void rows_behind_the_last_token_are_not_looked_at_data() { add_variants(); }
  void rows_behind_the_last_token_are_not_looked_at();
  void nan_in_a_row_that_is_seen_is_not_hidden_data() { add_variants(); }
  void nan_in_a_row_that_is_seen_is_not_hidden();

 private:
  void add_variants();
  std::unique_ptr<Backend> backend(unsigned threads) const;
  double limit(bool expanded = false) const;
  /// False, and a check that it is so, for kernels that only know absorbed attention.
  bool expands();
  Shape odd_shape();
  KvCache random_cache(const Shape& shape, uint32_t positions);
  QByteArray seed() const { return "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed()); }

  Random random_;
  std::unique_ptr<Backend> oracle_ = make_scalar_backend();
  KvType type_ = KvType::F16;
};

void AttentionTest::add_variants() {
  QTest::addColumn<int>("isa");
  QTest::addColumn<bool>("bf16");
  QTest::addColumn<int>("type");
  for (const Isa isa : available_isas())
    for (const bool bf16 : {false, true})
      for (const KvType type : {KvType::F32, KvType::F16, KvType::Q8_0})
        if (!bf16 || isa == Isa::Avx512)
          QTest::addRow("%s%s, %s", isa_name(isa).data(), bf16 ? " BF16" : "", kv_type_name(type).data())
              << static_cast<int>(isa) << bf16 << static_cast<int>(type);
}

void AttentionTest::init() {
  QFETCH(int, type);
  type_ = static_cast<KvType>(type);
}

std::unique_ptr<Backend> AttentionTest::backend(unsigned threads) const {
  QFETCH(int, isa);
  QFETCH(bool, bf16);
  return make_cpu_backend({.threads = threads, .isa = static_cast<Isa>(isa), .bf16 = bf16});
}

/// Of float32 sums, of codes of twelve bits, and of what is rounded to bfloat16 or 8 bit. What a single query
/// gets can be some five times as far off as what many get.
double AttentionTest::limit(bool expanded) const {
  QFETCH(int, isa);
  QFETCH(bool, bf16);
  const bool in_12_bit = isa == static_cast<int>(Isa::Avx2) || isa == static_cast<int>(Isa::AvxVnni);
  if (expanded) return bf16 ? 2e-4 : in_12_bit ? 2e-5 : 1e-7;
  const bool is_8_bit = type_ == KvType::Q8_0 && isa == static_cast<int>(Isa::Avx512);
  if (is_8_bit || (bf16 && type_ == KvType::F16)) return 2e-4;
  return in_12_bit && type_ != KvType::F32 ? 2e-5 : 1e-7;
}

bool AttentionTest::expands() {
  QFETCH(int, isa);
  const OwnedTensor k_b = random_tensor(random_, DType::F32, 3, 4, 2);
  const OwnedTensor v_b = random_tensor(random_, DType::F32, 4, 5, 2);
  const auto expansion = backend(1)->place_expansion(k_b.view, v_b.view);
  if (!expansion || expansion->present() != (isa != static_cast<int>(Isa::Generic)))
    QTest::qFail("the kernels' way of attention is not the expected one", __FILE__, __LINE__);
  return expansion && expansion->present();
}

Shape AttentionTest::odd_shape() {
  return {random_.between(1, 21), random_.between(1, 100), random_.between(1, 40), random_.between(1, 70),
          random_.between(1, 70)};
}

KvCache AttentionTest::random_cache(const Shape& shape, uint32_t positions) {
  KvCache cache = std::move(*KvCache::create({2, shape.width(), type_}, positions));
  GuardedRows rows(random_, positions, shape.width());
  oracle_->kv_append(cache, 1, 0, rows.view());
  return cache;
}

void AttentionTest::absorbed_agrees_with_the_oracle() {
  double worst = 0;
  for (int repeat = 0; repeat < 14; ++repeat) {
    const Shape shape = repeat == 0 ? kV2Lite : repeat == 1 ? kGlm : repeat < 4 ? kStarter : odd_shape();
    const uint32_t tokens = repeat % 3 == 0 ? 1 : random_.between(1, repeat < 2 ? 5 : 90);
    const uint32_t first = random_.between(0, repeat % 2 == 0 ? 1300 : 130);
    const KvCache cache = random_cache(shape, first + tokens);
    GuardedRows query(random_, tokens, shape.heads * shape.width());
    GuardedRows expected(tokens, shape.heads * shape.kv_lora);
    GuardedRows out = expected;
    const float scale = 1.5f / std::sqrt(static_cast<float>(shape.width()));
    oracle_->attention(expected.heads(shape.heads), query.heads(shape.heads), cache, 1, first, scale);
    backend(repeat % 2 == 0 ? 3 : 1)
        ->attention(out.heads(shape.heads), query.heads(shape.heads), cache, 1, first, scale);
    QVERIFY2(out.guards_intact(), seed());
    const double error = nmse(out.values(), expected.values());
    worst = std::max(worst, error);
    QVERIFY2(error <= limit(), QByteArray::number(error) + ", " + seed());
  }
  qInfo("largest error: %.2g", worst);
}

void AttentionTest::absorbed_is_the_same_in_every_batch_and_on_every_number_of_threads() {
  for (const Shape& shape : {kV2Lite, kGlm, odd_shape()}) {
    const uint32_t first = random_.between(500, 1500);
    const uint32_t tokens = 30;
    const KvCache cache = random_cache(shape, first + tokens);
    GuardedRows query(random_, tokens, shape.heads * shape.width());
    std::optional<std::vector<float>> expected;
    for (const auto& [threads, batch] :
         {std::pair(1u, tokens), {1u, 1u}, {2u, 7u}, {5u, 11u}, {3u, tokens}}) {
      const auto backend = this->backend(threads);
      GuardedRows out(tokens, shape.heads * shape.kv_lora);
      for (uint32_t begin = 0; begin < tokens; begin += batch) {
        HeadActivations q = query.heads(shape.heads);
        HeadActivations o = out.heads(shape.heads);
        q.tokens = o.tokens = std::min(batch, tokens - begin);
        q.data = q.at(begin, 0);
        o.data = o.at(begin, 0);
        backend->attention(o, q, cache, 1, first + begin, shape.scale());
      }
      QVERIFY2(out.guards_intact(), seed());
      if (!expected) expected = out.values();
      QVERIFY2(out.values() == *expected, seed());
    }
  }
}

void AttentionTest::expanded_agrees_with_the_oracle() {
  if (!expands()) return;
  double worst = 0;
  for (int repeat = 0; repeat < 12; ++repeat) {
    const Shape shape = repeat == 0   ? Shape{2, 512, 64, 128, 128}
                        : repeat == 1 ? Shape{2, 512, 64, 192, 256}
                        : repeat < 4  ? kStarter
                                      : odd_shape();
    const uint32_t tokens = random_.between(1, repeat < 2 ? 80 : 200);
    const uint32_t first = repeat % 3 == 0 ? 0 : random_.between(1, 300);
    const KvCache cache = random_cache(shape, first + tokens);
    const DType type = repeat % 2 == 0 ? DType::F32 : DType::F16;
    OwnedTensor k_b = random_tensor(random_, type, shape.nope, shape.kv_lora, shape.heads);
    OwnedTensor v_b = random_tensor(random_, type, shape.kv_lora, shape.v_head, shape.heads);
    const auto backend = this->backend(repeat % 2 == 0 ? 3 : 1);
    const auto expansion = backend->place_expansion(k_b.view, v_b.view);
    const auto oracle_expansion = oracle_->place_expansion(k_b.view, v_b.view);
    QVERIFY(expansion && expansion->present() && oracle_expansion);

    GuardedRows query(random_, tokens, shape.heads * (shape.nope + shape.rope));
    GuardedRows expected(tokens, shape.heads * shape.v_head);
    GuardedRows out = expected;
    // Latents and weights are normal, so that keys have a deviation of √kv_lora.
    const float scale = 1.5f / std::sqrt(static_cast<float>((shape.nope * shape.kv_lora) + shape.rope));
    oracle_->attention_expanded(expected.heads(shape.heads), query.heads(shape.heads), *oracle_expansion,
                                cache, 1, first, scale);
    backend->attention_expanded(out.heads(shape.heads), query.heads(shape.heads), *expansion, cache, 1, first,
                                scale);
    QVERIFY2(out.guards_intact(), seed());
    const double error = nmse(out.values(), expected.values());
    worst = std::max(worst, error);
    QVERIFY2(error <= limit(true), QByteArray::number(error) + ", " + seed());
  }
  qInfo("largest error: %.2g", worst);
}

void AttentionTest::expanded_is_the_same_in_every_batch_and_on_every_number_of_threads() {
  if (!expands()) return;
  const Shape shape = {3, 64, 16, 32, 48};
  const uint32_t first = 100, tokens = 200;
  const KvCache cache = random_cache(shape, first + tokens);
  const OwnedTensor k_b = random_tensor(random_, DType::F32, shape.nope, shape.kv_lora, shape.heads);
  const OwnedTensor v_b = random_tensor(random_, DType::F32, shape.kv_lora, shape.v_head, shape.heads);
  GuardedRows query(random_, tokens, shape.heads * (shape.nope + shape.rope));
  std::optional<std::vector<float>> expected;
  for (const auto& [threads, batch] : {std::pair(1u, tokens), {2u, 130u}, {9u, tokens}, {1u, 63u}}) {
    const auto backend = this->backend(threads);
    const auto expansion = backend->place_expansion(k_b.view, v_b.view);
    QVERIFY(expansion);
    GuardedRows out(tokens, shape.heads * shape.v_head);
    for (uint32_t begin = 0; begin < tokens; begin += batch) {
      HeadActivations q = query.heads(shape.heads);
      HeadActivations o = out.heads(shape.heads);
      q.tokens = o.tokens = std::min(batch, tokens - begin);
      q.data = q.at(begin, 0);
      o.data = o.at(begin, 0);
      backend->attention_expanded(o, q, *expansion, cache, 1, first + begin, 0.03f);
    }
    QVERIFY2(out.guards_intact(), seed());
    if (!expected) expected = out.values();
    QVERIFY2(out.values() == *expected, seed());
  }
}

void AttentionTest::expanded_agrees_with_absorbed() {
  if (!expands()) return;
  const Shape shape = {4, 512, 64, 128, 128};
  const uint32_t first = 700, tokens = 70;
  const KvCache cache = random_cache(shape, first + tokens);
  const OwnedTensor k_b = random_tensor(random_, DType::F32, shape.nope, shape.kv_lora, shape.heads);
  const OwnedTensor v_b = random_tensor(random_, DType::F32, shape.kv_lora, shape.v_head, shape.heads);
  const auto backend = this->backend(2);
  const auto expansion = backend->place_expansion(k_b.view, v_b.view);
  QVERIFY(expansion);
  GuardedRows query(random_, tokens, shape.heads * (shape.nope + shape.rope));
  const HeadActivations q = query.heads(shape.heads);
  const float scale = 1.5f / std::sqrt(static_cast<float>((shape.nope * shape.kv_lora) + shape.rope));

  GuardedRows expanded(tokens, shape.heads * shape.v_head);
  backend->attention_expanded(expanded.heads(shape.heads), q, *expansion, cache, 1, first, scale);

  GuardedRows absorbed_query(tokens, shape.heads * shape.width());
  GuardedRows attended(tokens, shape.heads * shape.kv_lora);
  GuardedRows absorbed(tokens, shape.heads * shape.v_head);
  const HeadActivations aq = absorbed_query.heads(shape.heads);
  oracle_->matmul_heads(aq.components(0, shape.kv_lora), k_b.view, q.components(0, shape.nope));
  for (uint32_t t = 0; t < tokens; ++t)
    for (uint32_t h = 0; h < shape.heads; ++h)
      std::copy_n(q.at(t, h) + shape.nope, shape.rope, aq.at(t, h) + shape.kv_lora);
  backend->attention(attended.heads(shape.heads), aq, cache, 1, first, scale);
  oracle_->matmul_heads(absorbed.heads(shape.heads), v_b.view, attended.heads(shape.heads));

  const double difference = nmse(expanded.values(), absorbed.values());
  qInfo("difference: %.2g", difference);
  QVERIFY2(difference <= limit() + limit(true), QByteArray::number(difference) + ", " + seed());
}

void AttentionTest::one_large_logit_takes_all() {
  const Shape shape = kV2Lite;
  const uint32_t positions = 1000, chosen = random_.between(0, positions - 1);
  KvCache cache = random_cache(shape, positions);
  GuardedRows row(random_, 1, shape.width());
  for (uint32_t i = 0; i < 32; ++i) row.view().row(0)[shape.kv_lora + i] = 90.0f;
  oracle_->kv_append(cache, 1, chosen, row.view());
  std::vector<float> stored(shape.width());
  decode_kv_row(type_, cache.row(1, chosen), stored.data(), shape.width());

  GuardedRows query(1, shape.heads * shape.width());
  for (uint32_t i = 0; i < shape.heads * shape.width(); ++i)
    query.view().row(0)[i] = i % shape.width() >= shape.kv_lora ? 30.0f : 0.0f;
  GuardedRows out(1, shape.heads * shape.kv_lora);
  backend(2)->attention(out.heads(shape.heads), query.heads(shape.heads), cache, 1, positions - 1, 1.0f);
  std::vector<float> expected;
  for (uint32_t h = 0; h < shape.heads; ++h)
    expected.insert(expected.end(), stored.begin(), stored.begin() + shape.kv_lora);
  const double error = nmse(out.values(), expected);
  QVERIFY2(error <= 1e-5, QByteArray::number(error) + ", " + seed());
}

void AttentionTest::many_small_weights_beside_a_large_one_count() {
  // One row has 1, all others 1/600 of it each: together they outweigh it, alone they would round to nothing.
  const Shape shape = kV2Lite;
  const uint32_t positions = 900, chosen = random_.between(0, positions - 1);
  KvCache cache = std::move(*KvCache::create({2, shape.width(), type_}, positions));
  GuardedRows rows(random_, positions, shape.width());
  for (uint32_t p = 0; p < positions; ++p) {
    float* row = rows.view().row(p);
    for (uint32_t i = 0; i < shape.kv_lora; ++i) row[i] += 1.0f;  // what they have in common must not shrink
    for (uint32_t i = shape.kv_lora; i < shape.width(); ++i) row[i] = p == chosen ? 1.0f : 0.0f;
  }
  oracle_->kv_append(cache, 1, 0, rows.view());
  GuardedRows query(1, shape.heads * shape.width());
  for (uint32_t i = 0; i < shape.heads * shape.width(); ++i)
    query.view().row(0)[i] = i % shape.width() >= shape.kv_lora ? std::log(600.0f) / 64.0f : 0.0f;
  GuardedRows out(1, shape.heads * shape.kv_lora);
  GuardedRows expected = out;
  oracle_->attention(expected.heads(shape.heads), query.heads(shape.heads), cache, 1, positions - 1, 1.0f);
  backend(2)->attention(out.heads(shape.heads), query.heads(shape.heads), cache, 1, positions - 1, 1.0f);
  const double error = nmse(out.values(), expected.values());
  qInfo("error: %.2g", error);
  QVERIFY2(error <= limit(), QByteArray::number(error) + ", " + seed());
}

void AttentionTest::rows_behind_the_last_token_are_not_looked_at() {
  const Shape shape = kV2Lite;
  const uint32_t positions = 300;
  KvCache cache = random_cache(shape, positions);
  const auto attend = [&](uint32_t seen) {
    GuardedRows query(1, shape.heads * shape.width());
    for (uint32_t i = 0; i < shape.heads * shape.width(); ++i)
      query.view().row(0)[i] = static_cast<float>(i % 7) - 3.0f;
    GuardedRows out(1, shape.heads * shape.kv_lora);
    backend(2)->attention(out.heads(shape.heads), query.heads(shape.heads), cache, 1, seen - 1,
                          shape.scale());
    return out.values();
  };
  for (const uint32_t seen : {1u, 2u, 63u, 64u, 65u, 127u, 200u, 298u}) {
    const auto before = attend(seen);
    const std::vector<std::byte> kept(cache.row(1, seen), cache.row(1, positions - 1));
    std::memset(cache.row(1, seen), 0xff, kept.size());  // NaN in every type but Q8_0's bytes
    QVERIFY(attend(seen) == before);
    std::memcpy(cache.row(1, seen), kept.data(), kept.size());
  }
}

void AttentionTest::nan_in_a_row_that_is_seen_is_not_hidden() {
  const Shape shape = kStarter;
  KvCache cache = random_cache(shape, 200);
  GuardedRows row(random_, 1, shape.width());
  row.view().row(0)[1] = std::numeric_limits<float>::quiet_NaN();
  oracle_->kv_append(cache, 1, 77, row.view());
  GuardedRows query(random_, 1, shape.heads * shape.width());
  GuardedRows out(1, shape.heads * shape.kv_lora);
  backend(2)->attention(out.heads(shape.heads), query.heads(shape.heads), cache, 1, 199, shape.scale());
  for (uint32_t h = 0; h < shape.heads; ++h) QVERIFY(std::isnan(out.heads(shape.heads).at(0, h)[1]));
}

QTEST_GUILESS_MAIN(AttentionTest)
#include "attention_test.moc"
