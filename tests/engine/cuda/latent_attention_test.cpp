#include "engine/cuda/kernels/attention.h"
#include "engine/cuda/kernels/attention_latent.cuh"
#include "tests/engine/cuda/attention_problem.h"
#include "tests/engine/cuda/device_arrays.h"
#include "tests/support/emulated_cuda/device.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace kvasir::engine;
using namespace kvasir::engine::cuda;
using namespace kvasir::engine::cuda::test;
using kvasir::engine::test::nmse;
using kvasir::engine::test::Random;

namespace {

struct Shape {
  uint32_t heads;
  uint32_t kv_lora;
  uint32_t rope;
  uint32_t width() const { return kv_lora + rope; }
};

struct Problem : AttentionProblem {
  Shape shape;

  float scale() const { return 1.5f / std::sqrt(static_cast<float>(shape.width())); }
};

}  // namespace

/// Absorbed attention on emulated devices.
class LatentAttentionTest : public QObject {
  Q_OBJECT

 private slots:
  void cleanup() { emulated_cuda::set_device({}); }
  void chunks_cover_the_context();
  void agrees_with_the_oracle_data();
  void agrees_with_the_oracle();
  void positions_at_the_edges_of_chunks_agree_with_the_oracle();
  void a_token_has_the_same_bits_in_every_batch_data() { add_types(); }
  void a_token_has_the_same_bits_in_every_batch();
  void queries_of_any_size_agree_with_the_oracle();
  void many_small_weights_beside_a_large_one_count();
  void rows_behind_the_last_token_are_not_looked_at_data() { add_types(); }
  void rows_behind_the_last_token_are_not_looked_at();
  void nan_in_a_row_that_is_seen_is_not_hidden_data() { add_types(); }
  void nan_in_a_row_that_is_seen_is_not_hidden();

 private:
  void add_types();
  Problem random_problem(const Shape& shape, KvType type, uint32_t first, uint32_t tokens);
  std::vector<float> expected(const Problem& problem);
  /// Tokens [begin, end) of the problem on the device.
  std::vector<float> attend(const Problem& problem, const std::vector<std::byte>& rows, uint32_t begin,
                            uint32_t end);
  std::vector<float> attend(const Problem& problem) {
    return attend(problem, problem.encoded(), 0, problem.tokens());
  }
  QByteArray seed() const { return "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed()); }

  Random random_;
  std::unique_ptr<Backend> oracle_ = make_scalar_backend();
};

void LatentAttentionTest::add_types() {
  QTest::addColumn<int>("type");
  for (const KvType type : {KvType::F32, KvType::F16, KvType::Q8_0})
    QTest::newRow(kv_type_name(type).data()) << static_cast<int>(type);
}

Problem LatentAttentionTest::random_problem(const Shape& shape, KvType type, uint32_t first,
                                            uint32_t tokens) {
  const uint32_t query_width = shape.heads * shape.width();
  return {{type, first, shape.width(), query_width, normal_values(random_, size_t{tokens} * query_width),
           normal_values(random_, size_t{first + tokens} * shape.width())},
          shape};
}

std::vector<float> LatentAttentionTest::expected(const Problem& problem) {
  const Shape& shape = problem.shape;
  std::vector<float> query = problem.query;
  std::vector<float> out(size_t{problem.tokens()} * shape.heads * shape.kv_lora);
  oracle_->attention(by_head(out, shape.heads, shape.kv_lora), by_head(query, shape.heads, shape.width()),
                     problem.cache(*oracle_), 0, problem.first, problem.scale());
  return out;
}

std::vector<float> LatentAttentionTest::attend(const Problem& problem, const std::vector<std::byte>& rows,
                                               uint32_t begin, uint32_t end) {
  const Shape& shape = problem.shape;
  Stream stream(nullptr, device_limits());
  const DeviceArray<std::byte> device_rows(rows);
  const DeviceRows query(problem.query, shape.heads * shape.width(), shape.heads * shape.width() + 8);
  const DeviceRows out(end - begin, shape.heads * shape.kv_lora, shape.heads * shape.kv_lora + 3);
  const DeviceArray<uint32_t> first(std::vector{problem.first});
  const DeviceArray<std::byte> workspace(
      latent_attention_workspace_bytes(stream.limits(), end - begin, shape.heads, shape.kv_lora));
  LatentAttention call;
  call.out = out.data();
  call.out_token_stride = out.stride();
  call.out_head_stride = shape.kv_lora;
  call.query = query.data() + begin * query.stride();
  call.query_token_stride = query.stride();
  call.query_head_stride = shape.width();
  call.rows = {device_rows.data(), problem.type, shape.width(), problem.row_bytes()};
  call.position = {first.data(), begin};
  call.tokens = end - begin;
  call.heads = shape.heads;
  call.kv_lora = shape.kv_lora;
  call.softmax_scale = problem.scale();
  attend_latent(stream, workspace_of(workspace), call);
  if (stream.error() != cudaSuccess || !out.guards_intact())
    QTest::qFail("the call failed, or wrote where it may not", __FILE__, __LINE__);
  return out.values();
}

void LatentAttentionTest::chunks_cover_the_context() {
  for (int repeat = 0; repeat < 2000; ++repeat) {
    const uint32_t positions = random_.between(1, 1u << random_.between(1, 20));
    const uint32_t most = random_.between(1, 200);
    const ContextChunks chunks = ContextChunks::cut(positions, most);
    QVERIFY(chunks.count >= 1 && chunks.count <= most);
    QVERIFY(chunks.count * chunks.length >= positions);
    QVERIFY((chunks.count - 1) * chunks.length < positions);
    QVERIFY(chunks.length % ContextChunks::kLengthStep == 0);
    QVERIFY(chunks.length >= ContextChunks::kLeastLength || chunks.count == 1);
  }
}

void LatentAttentionTest::agrees_with_the_oracle_data() {
  QTest::addColumn<int>("type");
  QTest::addColumn<int>("capability");
  QTest::addColumn<uint32_t>("heads");
  for (const KvType type : {KvType::F32, KvType::F16, KvType::Q8_0})
    for (const int capability : {75, 86, 90})
      for (const uint32_t heads : {random_.between(1, 16), random_.between(17, 40)})
        if (type != KvType::F32 || capability == 90)
          QTest::addRow("%s, %d, %u heads", kv_type_name(type).data(), capability, heads)
              << static_cast<int>(type) << capability << heads;
}

void LatentAttentionTest::agrees_with_the_oracle() {
  QFETCH(int, type);
  QFETCH(int, capability);
  QFETCH(uint32_t, heads);
  emulated_cuda::set_device({.compute_capability = capability, .multiprocessors = random_.between(1, 9)});
  const auto kv_type = static_cast<KvType>(type);
  const Problem large = random_problem({heads, 512, 64}, kv_type, random_.between(0, 170), 1);
  const double limit = kv_type == KvType::F32 ? 1e-10 : 1e-6;
  const double error = nmse(attend(large), expected(large));
  QVERIFY2(error < limit, seed() + " error " + QByteArray::number(error));

  const Shape odd = {heads, random_.between(1, 130), random_.between(1, 40)};
  const Problem small = random_problem(odd, kv_type, random_.between(0, 200), random_.between(1, 3));
  QVERIFY2(nmse(attend(small), expected(small)) < 1e-10, seed());
}

void LatentAttentionTest::positions_at_the_edges_of_chunks_agree_with_the_oracle() {
  emulated_cuda::set_device({.compute_capability = 80, .multiprocessors = 2});
  for (const uint32_t positions : {1u, 31u, 32u, 33u, 63u, 64u, 65u, 128u, 129u, 191u, 193u}) {
    const Problem problem = random_problem({2, 512, 64}, KvType::F16, positions - 1, 1);
    QVERIFY2(nmse(attend(problem), expected(problem)) < 1e-6, seed() + " " + QByteArray::number(positions));
  }
}

void LatentAttentionTest::a_token_has_the_same_bits_in_every_batch() {
  QFETCH(int, type);
  const auto kv_type = static_cast<KvType>(type);
  // More tokens than the workspace has room for at once.
  const uint32_t tokens = kv_type == KvType::F32 ? 11 : 9;
  const Shape shape = kv_type == KvType::F32 ? Shape{3, 40, 8} : Shape{3, 512, 64};
  const Problem problem = random_problem(shape, kv_type, 70, tokens);
  const std::vector<std::byte> rows = problem.encoded();
  const std::vector<float> all = attend(problem);
  for (const uint32_t cut : {1u, 4u}) {
    std::vector<float> pieces;
    for (uint32_t begin = 0; begin < tokens; begin += cut) {
      const std::vector<float> piece = attend(problem, rows, begin, std::min(begin + cut, tokens));
      pieces.insert(pieces.end(), piece.begin(), piece.end());
    }
    QVERIFY2(pieces == all, seed());
  }
}

void LatentAttentionTest::queries_of_any_size_agree_with_the_oracle() {
  Problem problem = random_problem({16, 512, 64}, KvType::F16, 70, 1);
  // With small queries all rows weigh alike, with enormous ones a single row weighs.
  for (uint32_t head = 0; head < 16; ++head) {
    const float factor = std::ldexp(1.0f, static_cast<int>(head) * 12 - 120);
    for (uint32_t i = 0; i < 576; ++i) problem.query[head * 576 + i] *= factor;
  }
  for (float& value : problem.rows) value *= 0x1p-10f;
  const std::vector<float> got = attend(problem);
  const std::vector<float> wanted = expected(problem);
  for (uint32_t head = 0; head < 16; ++head) {
    const std::vector<float> a(got.begin() + head * 512, got.begin() + (head + 1) * 512);
    const std::vector<float> b(wanted.begin() + head * 512, wanted.begin() + (head + 1) * 512);
    QVERIFY2(nmse(a, b) < 1e-5, seed() + " head " + QByteArray::number(head));
  }
}

void LatentAttentionTest::many_small_weights_beside_a_large_one_count() {
  // One row has logit 0, the others about −14: each weighs 2⁻²⁰, together they are a tenth of one percent.
  Problem problem = random_problem({1, 512, 64}, KvType::F16, 1000, 1);
  std::fill(problem.query.begin(), problem.query.end(), 0.0f);
  problem.query[575] = 1;
  for (uint32_t p = 0; p <= 1000; ++p)
    for (uint32_t i = 0; i < 576; ++i)
      problem.rows[p * 576 + i] = i == 575 ? (p == 0 ? 0 : -14.0f / problem.scale()) : (p == 0 ? 0 : 1.0f);
  const std::vector<float> got = attend(problem);
  const std::vector<float> wanted = expected(problem);
  QVERIFY(wanted[0] > 5e-4f);
  QVERIFY2(std::abs(got[0] / wanted[0] - 1) < 1e-2f, seed());
}

void LatentAttentionTest::rows_behind_the_last_token_are_not_looked_at() {
  QFETCH(int, type);
  for (const Shape shape : {Shape{2, 512, 64}, Shape{2, 24, 8}}) {
    const Problem problem = random_problem(shape, static_cast<KvType>(type), 40, 2);
    std::vector<std::byte> rows = problem.encoded();
    const std::vector<float> clean = attend(problem, rows, 0, 1);
    std::fill(rows.begin() + static_cast<std::ptrdiff_t>(41 * problem.row_bytes()), rows.end(),
              std::byte{0xff});
    QVERIFY2(attend(problem, rows, 0, 1) == clean, seed());
  }
}

void LatentAttentionTest::nan_in_a_row_that_is_seen_is_not_hidden() {
  QFETCH(int, type);
  for (const Shape shape : {Shape{2, 512, 64}, Shape{2, 24, 8}}) {
    Problem problem = random_problem(shape, static_cast<KvType>(type), 150, 1);
    problem.rows[random_.between(0, 150) * shape.width() + random_.between(0, shape.width() - 1)] =
        std::numeric_limits<float>::quiet_NaN();
    for (const float value : attend(problem)) QVERIFY2(std::isnan(value), seed());
  }
}

QTEST_GUILESS_MAIN(LatentAttentionTest)
#include "latent_attention_test.moc"
