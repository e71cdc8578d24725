#include "engine/cuda/kernels/products.h"

#include "tests/engine/cuda/device_tensors.h"
#include "tests/support/emulated_cuda/device.h"

#include <QTest>
#include <array>

using namespace kvasir::engine;
using namespace kvasir::engine::cuda;
using namespace kvasir::engine::cuda::test;
using namespace kvasir::engine::test;

namespace {

constexpr DType kTypes[] = {DType::F32,  DType::F16,    DType::BF16,   DType::Q4_0, DType::Q4_1, DType::Q5_0,
                            DType::Q5_1, DType::Q8_0,   DType::Q2_K,   DType::Q3_K, DType::Q4_K, DType::Q5_K,
                            DType::Q6_K, DType::IQ4_NL, DType::IQ4_XS, DType::MXFP4};

const char* name_of(ProductMode mode) {
  return mode == ProductMode::Exact ? "exact" : mode == ProductMode::Small ? "small" : "large";
}

}  // namespace

/// Products of weights with activations, for every type and mode, against the scalar oracle.
class ProductsTest : public QObject {
  Q_OBJECT

 private slots:
  void multiply_agrees_with_the_oracle_data() { add_rows(); }
  void multiply_agrees_with_the_oracle();
  void a_token_gets_the_same_bits_alone_and_among_others_data() { add_rows(); }
  void a_token_gets_the_same_bits_alone_and_among_others();
  void products_of_one_call_do_not_mix_data() { add_modes(); }
  void products_of_one_call_do_not_mix();
  void long_inputs_fit_small_shared_memory();
  void embed_looks_rows_up_data() { add_types(); }
  void embed_looks_rows_up();

 private:
  static void add_modes() {
    QTest::addColumn<int>("mode");
    for (const ProductMode mode : kModes) QTest::addRow("%s", name_of(mode)) << static_cast<int>(mode);
  }
  static void add_types() {
    QTest::addColumn<int>("type");
    for (const DType type : kTypes) QTest::addRow("%s", dtype_name(type).data()) << static_cast<int>(type);
  }
  static void add_rows();
  static ProductMode mode() {
    QFETCH(int, mode);
    return static_cast<ProductMode>(mode);
  }
  static DType type() {
    QFETCH(int, type);
    return static_cast<DType>(type);
  }
  static double limit() { return mode() == ProductMode::Exact ? 1e-10 : 5e-4; }
  uint32_t random_cols(DType type, uint32_t most_blocks) {
    const uint32_t block = dtype_traits(type)->block_elements;
    return block == 1 ? random_.between(1, 200)
                      : block * random_.between(1, block == 32 ? 8 * most_blocks : most_blocks);
  }
  /// One call with one product, the tokens' activations in device memory `in` {tokens, in_stride}.
  static std::vector<float> multiply_one(const DeviceMatrix& weight, const std::vector<float>& in,
                                         uint32_t tokens, ProductMode mode);
  QByteArray seed() const { return "KVASIR_TEST_SEED=" + QByteArray::number(random_.seed()); }

  static constexpr ProductMode kModes[] = {ProductMode::Exact, ProductMode::Small, ProductMode::Large};
  Random random_;
  std::unique_ptr<Backend> oracle_ = make_scalar_backend();
};

void ProductsTest::add_rows() {
  QTest::addColumn<int>("mode");
  QTest::addColumn<int>("type");
  for (const ProductMode mode : kModes)
    for (const DType type : kTypes)
      QTest::addRow("%s, %s", name_of(mode), dtype_name(type).data())
          << static_cast<int>(mode) << static_cast<int>(type);
}

std::vector<float> ProductsTest::multiply_one(const DeviceMatrix& weight, const std::vector<float>& in,
                                              uint32_t tokens, ProductMode mode) {
  Stream stream(nullptr, device_limits());
  const DeviceArray<float> device_in(in);
  const DeviceArray<float> out(size_t{tokens} * weight.matrices * weight.rows);
  cuda::Product product;
  product.weight = weight;
  product.in = device_in.data();
  product.in_token_stride = size_t{weight.matrices} * weight.cols;
  product.in_matrix_stride = weight.cols;
  product.out = out.data();
  product.out_token_stride = size_t{weight.matrices} * weight.rows;
  product.out_matrix_stride = weight.rows;
  const DeviceArray<std::byte> workspace(
      multiply_workspace_bytes(tokens, weight.matrices * ((weight.cols + 7) / 8 * 8)));
  multiply(stream, workspace_of(workspace), {&product, 1}, tokens, mode);
  return stream.error() == cudaSuccess ? out.values() : std::vector<float>();
}

void ProductsTest::multiply_agrees_with_the_oracle() {
  const std::vector<uint32_t> token_counts =
      mode() == ProductMode::Large ? std::vector<uint32_t>{3, 33, 130} : std::vector<uint32_t>{1, 2, 9, 33};
  for (const uint32_t tokens : token_counts) {
    const uint32_t cols = random_cols(type(), 3), matrices = random_.between(1, 3);
    // Of fewer values the sum could be small by chance.
    const uint32_t rows = tokens > 9 ? random_.between(1, 20) : random_.between(20, 150);
    const OwnedTensor tensor = random_tensor(random_, type(), cols, rows, matrices);
    Stream stream(nullptr, device_limits());
    const DeviceTensor weight = device_tensor(stream, tensor.view);
    std::vector<float> in = normal_values(random_, size_t{tokens} * matrices * cols);
    std::vector<float> expected(size_t{tokens} * matrices * rows);
    oracle_->matmul_heads({expected.data(), tokens, matrices, rows, size_t{matrices} * rows, rows},
                          tensor.view, {in.data(), tokens, matrices, cols, size_t{matrices} * cols, cols});
    const double error = nmse(multiply_one(weight.matrix, in, tokens, mode()), expected);
    QVERIFY2(error < limit(), QByteArray::number(error) + ", " + seed());
  }
}

void ProductsTest::a_token_gets_the_same_bits_alone_and_among_others() {
  constexpr uint32_t kTokens = 11;
  const uint32_t cols = random_cols(type(), 5), rows = random_.between(1, 40);
  const OwnedTensor tensor = random_tensor(random_, type(), cols, rows);
  Stream stream(nullptr, device_limits());
  const DeviceTensor weight = device_tensor(stream, tensor.view);
  const std::vector<float> in = normal_values(random_, size_t{kTokens} * cols);
  const std::vector<float> together = multiply_one(weight.matrix, in, kTokens, mode());
  QCOMPARE(together.size(), size_t{kTokens} * rows);
  constexpr std::pair<uint32_t, uint32_t> kPieces[] = {{0, 1}, {1, 2}, {3, 8}};
  for (const auto& [first, count] : kPieces) {
    const std::vector<float> piece(in.begin() + first * cols, in.begin() + (first + count) * cols);
    const std::vector<float> same(together.begin() + first * rows, together.begin() + (first + count) * rows);
    QVERIFY2(multiply_one(weight.matrix, piece, count, mode()) == same, seed());
  }
}

void ProductsTest::products_of_one_call_do_not_mix() {
  constexpr uint32_t kTokens = 5;
  const std::array<DType, 3> types = {DType::Q4_K, DType::Q8_0, DType::F16};
  const std::array<uint32_t, 3> rows = {70, 9, 33}, cols = {512, 64, 36};
  Stream stream(nullptr, device_limits());
  std::vector<DeviceTensor> weights;
  std::vector<DeviceArray<float>> inputs, outputs;
  std::vector<std::vector<float>> expected;
  std::array<cuda::Product, 3> products;
  for (size_t i = 0; i < 3; ++i) {
    const OwnedTensor tensor = random_tensor(random_, types[i], cols[i], rows[i]);
    weights.push_back(device_tensor(stream, tensor.view));
    // Rows that are not aligned, and values between them that must stay.
    const size_t in_stride = cols[i] + 3, out_stride = rows[i] + 2;
    std::vector<float> in = normal_values(random_, kTokens * in_stride),
                       out = normal_values(random_, kTokens * out_stride);
    inputs.emplace_back(in);
    outputs.emplace_back(out);
    products[i].weight = weights[i].matrix;
    products[i].in = inputs[i].data();
    products[i].in_token_stride = in_stride;
    products[i].out = outputs[i].data();
    products[i].out_token_stride = out_stride;
    products[i].accumulate = i != 1;
    const Activations to{out.data(), kTokens, rows[i], out_stride},
        from{in.data(), kTokens, cols[i], in_stride};
    if (products[i].accumulate)
      oracle_->matmul_add(to, tensor.view, from);
    else
      oracle_->matmul(to, tensor.view, from);
    expected.push_back(out);
  }
  const DeviceArray<std::byte> workspace(multiply_workspace_bytes(kTokens, 512 + 64 + 40));
  multiply(stream, workspace_of(workspace), products, kTokens, mode());
  QCOMPARE(stream.error(), cudaSuccess);
  for (size_t i = 0; i < 3; ++i) {
    const double error = nmse(outputs[i].values(), expected[i]);
    QVERIFY2(error < limit(), QByteArray::number(error) + ", " + seed());
  }
}

void ProductsTest::long_inputs_fit_small_shared_memory() {
  const emulated_cuda::Device whole = emulated_cuda::device();
  emulated_cuda::Device turing = whole;
  turing.compute_capability = 75;
  constexpr uint32_t kTokens = 4, kCols = 18432, kRows = 5;
  const OwnedTensor tensor = random_tensor(random_, DType::Q8_0, kCols, kRows);
  Stream stream(nullptr, device_limits());
  const DeviceTensor weight = device_tensor(stream, tensor.view);
  const std::vector<float> in = normal_values(random_, size_t{kTokens} * kCols);
  const std::vector<float> expected = multiply_one(weight.matrix, in, kTokens, ProductMode::Small);
  emulated_cuda::set_device(turing);
  const std::vector<float> in_small_memory = multiply_one(weight.matrix, in, kTokens, ProductMode::Small);
  emulated_cuda::set_device(whole);
  QCOMPARE(expected.size(), size_t{kTokens} * kRows);
  QCOMPARE(in_small_memory, expected);
}

void ProductsTest::embed_looks_rows_up() {
  const uint32_t cols = random_cols(type(), 3);
  constexpr uint32_t kTokens = 3;
  const OwnedTensor tensor = random_tensor(random_, type(), cols, 10);
  Stream stream(nullptr, device_limits());
  const DeviceTensor table = device_tensor(stream, tensor.view);
  const std::vector<int32_t> ids = {9, 0, 4};
  const DeviceArray<int32_t> device_ids(ids);
  std::vector<float> expected(kTokens * (cols + 1));
  const DeviceArray<float> out(expected);
  oracle_->embed({expected.data(), kTokens, cols, cols + 1}, tensor.view, ids);
  embed(stream, out.data(), cols + 1, table.matrix, device_ids.data(), kTokens);
  QCOMPARE(stream.error(), cudaSuccess);
  QVERIFY2(nmse(out.values(), expected) < 1e-13, seed());
}

QTEST_APPLESS_MAIN(ProductsTest)
#include "products_test.moc"
