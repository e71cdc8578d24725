#include "engine/cuda/device/formats.cuh"

#include "engine/cuda/device/each_type.cuh"
#include "engine/gguf/convert.h"
#include "tests/engine/cuda/device_tensors.h"
#include "tests/support/emulated_cuda/device_memory.h"

#include <QTest>

using namespace kvasir::engine;
using namespace kvasir::engine::cuda;
using namespace kvasir::engine::cuda::test;
using namespace kvasir::engine::test;

namespace {

constexpr DType kTypes[] = {DType::Q4_0,   DType::Q4_1,  DType::Q5_0,  DType::Q5_1, DType::Q8_0,
                            DType::IQ4_NL, DType::MXFP4, DType::Q2_K,  DType::Q3_K, DType::Q4_K,
                            DType::Q5_K,   DType::Q6_K,  DType::IQ4_XS};

/// Row `row` over all matrices, decoded as kernels do.
std::vector<float> decode_row(const DeviceMatrix& weight, size_t row) {
  const emulated_cuda::DeviceMemoryAccess access;
  std::vector<float> values;
  with_quantised_type(weight.type, [&]<DType kType>() {
    const Planes planes = planes_of(weight).from(kType, row * (weight.cols / kUnit));
    for (uint32_t unit = 0; unit < weight.cols / kUnit; ++unit) {
      const Unit decoded = decode_unit<kType>(load_unit<kType>(planes, unit), unit);
      for (uint32_t i = 0; i < kUnit; ++i) {
        const float code = code_value<kType>(decoded.codes[i / 4], i % 4);
        values.push_back(decoded.scales[i / 16] * code + decoded.offsets[i / 16]);
      }
    }
  });
  return values;
}

}  // namespace

/// Quantised weights in device memory: the planes that kernels read.
class FormatsTest : public QObject {
  Q_OBJECT

 private slots:
  void planes_hold_what_the_file_says_data() { add_types(); }
  void planes_hold_what_the_file_says();
  void planes_take_little_more_than_the_file_data() { add_types(); }
  void planes_take_little_more_than_the_file();
  void floats_stay_as_they_are();
  void every_mxfp4_exponent_is_exact();

 private:
  static void add_types() {
    QTest::addColumn<int>("type");
    for (const DType type : kTypes) QTest::addRow("%s", dtype_name(type).data()) << static_cast<int>(type);
  }
  static DType type() {
    QFETCH(int, type);
    return static_cast<DType>(type);
  }

  Random random_;
};

void FormatsTest::planes_hold_what_the_file_says() {
  const uint32_t cols = dtype_traits(type())->block_elements * random_.between(1, 9);
  const OwnedTensor tensor = random_tensor(random_, type(), cols, random_.between(1, 4), 2);
  Stream stream(nullptr, device_limits());
  const DeviceTensor device = device_tensor(stream, tensor.view);
  QCOMPARE(stream.error(), cudaSuccess);
  std::vector<float> expected(cols);
  for (uint64_t row = 0; row < tensor.view.rows() * 2; ++row) {
    const std::byte* const from = tensor.view.row(row / tensor.view.rows(), row % tensor.view.rows());
    dequantize_row(type(), from, expected.data(), cols);
    QCOMPARE(decode_row(device.matrix, row), expected);
  }
}

void FormatsTest::planes_take_little_more_than_the_file() {
  DeviceMatrix weight;
  weight.type = type();
  weight.cols = 2048;
  weight.rows = 1000;
  weight.matrices = 3;
  const auto in_file = static_cast<double>(3000 * row_bytes(type(), 2048));
  const auto on_device = static_cast<double>(device_bytes(weight));
  QVERIFY(on_device >= in_file);
  // Q3_K's scales of six bits become bytes.
  QVERIFY(on_device < in_file * (type() == DType::Q3_K ? 1.04 : 1.02));
}

void FormatsTest::floats_stay_as_they_are() {
  const OwnedTensor tensor = random_tensor(random_, DType::BF16, 7, 5, 3);
  Stream stream(nullptr, device_limits());
  const DeviceTensor device = device_tensor(stream, tensor.view);
  QCOMPARE(device.memory.values(), std::vector(tensor.view.data.begin(), tensor.view.data.end()));
}

void FormatsTest::every_mxfp4_exponent_is_exact() {
  OwnedTensor tensor = random_tensor(random_, DType::MXFP4, 32, 255);
  for (uint32_t e = 0; e < 255; ++e) tensor.storage[1 + e * sizeof(BlockMXFP4)] = std::byte(e);
  Stream stream(nullptr, device_limits());
  const DeviceTensor device = device_tensor(stream, tensor.view);
  std::vector<float> expected(32);
  for (uint32_t e = 0; e < 255; ++e) {
    dequantize_row(DType::MXFP4, tensor.view.row(0, e), expected.data(), 32);
    QCOMPARE(decode_row(device.matrix, e), expected);
  }
}

QTEST_APPLESS_MAIN(FormatsTest)
#include "formats_test.moc"
