#include "engine/cuda/kernels/attention.h"
#include "engine/ops/scalar/scalar_backend.h"
#include "tests/engine/cuda/attention_problem.h"
#include "tests/engine/cuda/device_arrays.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace kvasir::engine;
using namespace kvasir::engine::cuda;
using namespace kvasir::engine::cuda::test;
using kvasir::engine::test::nmse;
using kvasir::engine::test::OwnedTensor;
using kvasir::engine::test::Random;
using kvasir::engine::test::random_tensor;

namespace {

struct Shape {
  uint32_t heads;
  uint32_t kv_lora;
  uint32_t nope;
  uint32_t rope;
  uint32_t v_head;
  uint32_t width() const { return kv_lora + rope; }
  uint32_t key() const { return nope + rope; }
  DeviceExpansion expansion() const { return {nullptr, heads, nope, kv_lora, v_head}; }
};

/// Sizes of DeepSeek-V2 and V3, of GLM-4.7-Flash and of the starter model, with fewer heads; and odd ones.
constexpr Shape kDeepSeek = {2, 512, 128, 64, 128};
constexpr Shape kGlm = {1, 128, 192, 64, 256};
constexpr Shape kStarter = {3, 64, 32, 16, 32};
constexpr Shape kOdd = {2, 72, 24, 8, 136};

struct Problem : AttentionProblem {
  Shape shape;
  OwnedTensor k_b;  ///< BF16 {nope, kv_lora, heads}
  OwnedTensor v_b;  ///< BF16 {kv_lora, v_head, heads}

  float scale() const { return 1.0f / std::sqrt(static_cast<float>(shape.key() * shape.kv_lora)); }
};

/// The expansion in the order in which the device has it.
std::vector<uint16_t> device_expansion(const Problem& problem) {
  const Shape& shape = problem.shape;
  const auto bf16 = [](const TensorView& tensor, uint32_t head, uint32_t row, uint32_t column) {
    uint16_t bits;
    std::memcpy(&bits, tensor.row(head, row) + column * sizeof bits, sizeof bits);
    return bits;
  };
  std::vector<uint16_t> rows;
  for (uint32_t head = 0; head < shape.heads; ++head) {
    for (uint32_t i = 0; i < shape.nope; ++i)
      for (uint32_t l = 0; l < shape.kv_lora; ++l) rows.push_back(bf16(problem.k_b.view, head, l, i));
    for (uint32_t i = 0; i < shape.v_head; ++i)
      for (uint32_t l = 0; l < shape.kv_lora; ++l) rows.push_back(bf16(problem.v_b.view, head, i, l));
  }
  return rows;
}

}  // namespace

/// Expanded attention on an emulated device.
class ExpandedAttentionTest : public QObject {
  Q_OBJECT

 private slots:
  void agrees_with_the_oracle_data();
  void agrees_with_the_oracle();
  void neither_chunks_nor_batches_change_a_bit();
  void rows_behind_the_last_token_are_not_looked_at();
  void nan_in_a_row_that_is_seen_is_not_hidden();
  void says_which_shapes_it_can_do();

 private:
  Problem random_problem(const Shape& shape, KvType type, uint32_t first, uint32_t tokens);
  std::vector<float> expected(const Problem& problem);
  /// Tokens [begin, end) of the problem, with chunks of `chunk` positions.
  std::vector<float> attend(const Problem& problem, uint32_t begin, uint32_t end, uint32_t chunk);
  QByteArray seed() const { return "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed()); }

  Random random_;
  ScalarBackend oracle_;
};

Problem ExpandedAttentionTest::random_problem(const Shape& shape, KvType type, uint32_t first,
                                              uint32_t tokens) {
  const uint32_t query_width = shape.heads * shape.key();
  return {{type, first, shape.width(), query_width, normal_values(random_, size_t{tokens} * query_width),
           normal_values(random_, size_t{first + tokens} * shape.width())},
          shape,
          random_tensor(random_, DType::BF16, shape.nope, shape.kv_lora, shape.heads),
          random_tensor(random_, DType::BF16, shape.kv_lora, shape.v_head, shape.heads)};
}

std::vector<float> ExpandedAttentionTest::expected(const Problem& problem) {
  const Shape& shape = problem.shape;
  std::vector<float> query = problem.query;
  std::vector<float> out(size_t{problem.tokens()} * shape.heads * shape.v_head);
  oracle_.attention_expanded(by_head(out, shape.heads, shape.v_head),
                             by_head(query, shape.heads, shape.key()),
                             *oracle_.place_expansion(problem.k_b.view, problem.v_b.view),
                             problem.cache(oracle_), 0, problem.first, problem.scale());
  return out;
}

std::vector<float> ExpandedAttentionTest::attend(const Problem& problem, uint32_t begin, uint32_t end,
                                                 uint32_t chunk) {
  const Shape& shape = problem.shape;
  Stream stream(nullptr, device_limits());
  const DeviceArray<std::byte> rows(problem.encoded());
  const DeviceArray<uint16_t> expansion(device_expansion(problem));
  const DeviceRows query(problem.query, shape.heads * shape.key(), shape.heads * shape.key() + 5);
  const DeviceRows out(end - begin, shape.heads * shape.v_head, shape.heads * shape.v_head + 3);
  const DeviceArray<uint32_t> first(std::vector{problem.first});
  const DeviceArray<std::byte> workspace(
      expanded_attention_workspace_bytes(end - begin, shape.expansion(), shape.rope, chunk));
  ExpandedAttention call;
  call.out = out.data();
  call.out_token_stride = out.stride();
  call.out_head_stride = shape.v_head;
  call.query = query.data() + begin * query.stride();
  call.query_token_stride = query.stride();
  call.query_head_stride = shape.key();
  call.expansion = shape.expansion();
  call.expansion.data = reinterpret_cast<const std::byte*>(expansion.data());
  call.rows = {rows.data(), problem.type, shape.width(), problem.row_bytes()};
  call.position = {first.data(), begin};
  call.first_position = problem.first + begin;
  call.tokens = end - begin;
  call.softmax_scale = problem.scale();
  attend_expanded(stream, workspace_of(workspace), call);
  if (stream.error() != cudaSuccess || !out.guards_intact())
    QTest::qFail("the call failed, or wrote where it may not", __FILE__, __LINE__);
  return out.values();
}

void ExpandedAttentionTest::agrees_with_the_oracle_data() {
  QTest::addColumn<Shape>("shape");
  QTest::addColumn<int>("type");
  const auto add = [](const char* name, const Shape& shape, KvType type) {
    QTest::addRow("%s, %s", name, kv_type_name(type).data()) << shape << static_cast<int>(type);
  };
  add("DeepSeek", kDeepSeek, KvType::F16);
  add("GLM", kGlm, KvType::Q8_0);
  add("starter", kStarter, KvType::F16);
  add("starter", kStarter, KvType::Q8_0);
  add("odd", kOdd, KvType::F16);
}

void ExpandedAttentionTest::agrees_with_the_oracle() {
  QFETCH(Shape, shape);
  QFETCH(int, type);
  const Problem problem =
      random_problem(shape, static_cast<KvType>(type), random_.between(0, 90), random_.between(100, 170));
  QVERIFY(can_attend_expanded(shape.expansion(), shape.rope));
  const double error = nmse(attend(problem, 0, problem.tokens(), 128), expected(problem));
  QVERIFY2(error < 1e-4, seed() + " error " + QByteArray::number(error));
}

void ExpandedAttentionTest::neither_chunks_nor_batches_change_a_bit() {
  const Problem problem = random_problem(kStarter, KvType::F16, random_.between(0, 150), 150);
  const std::vector<float> at_once = attend(problem, 0, 150, 512);
  QVERIFY2(attend(problem, 0, 150, 64) == at_once, seed());
  const uint32_t cut = random_.between(1, 149);
  std::vector<float> pieces = attend(problem, 0, cut, 192);
  const std::vector<float> rest = attend(problem, cut, 150, 128);
  pieces.insert(pieces.end(), rest.begin(), rest.end());
  QVERIFY2(pieces == at_once, seed());
}

void ExpandedAttentionTest::rows_behind_the_last_token_are_not_looked_at() {
  Problem problem = random_problem(kStarter, KvType::Q8_0, 30, 70);
  const std::vector<float> clean = attend(problem, 0, 40, 128);
  std::fill(problem.rows.begin() + 70 * kStarter.width(), problem.rows.end(),
            std::numeric_limits<float>::quiet_NaN());
  QVERIFY2(attend(problem, 0, 40, 128) == clean, seed());
}

void ExpandedAttentionTest::nan_in_a_row_that_is_seen_is_not_hidden() {
  Problem problem = random_problem(kStarter, KvType::F16, 100, 20);
  problem.rows[random_.between(0, 100) * kStarter.width() + random_.between(0, kStarter.width() - 1)] =
      std::numeric_limits<float>::quiet_NaN();
  for (const float value : attend(problem, 0, 20, 64)) QVERIFY2(std::isnan(value), seed());
}

void ExpandedAttentionTest::says_which_shapes_it_can_do() {
  QVERIFY(!can_attend_expanded(Shape{2, 512, 128, 4, 128}.expansion(), 4));
  QVERIFY(!can_attend_expanded(Shape{2, 512, 256, 64, 128}.expansion(), 64));
  QVERIFY(!can_attend_expanded(Shape{2, 500, 128, 64, 128}.expansion(), 64));
}

QTEST_GUILESS_MAIN(ExpandedAttentionTest)
#include "expanded_attention_test.moc"
