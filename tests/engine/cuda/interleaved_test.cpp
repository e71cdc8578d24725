#include "engine/cuda/device/planes.h"
#include "engine/cuda/kernels/repack.h"
#include "engine/ops/cpu/interleave.h"
#include "tests/engine/ops/random_tensors.h"

#include <QtTest>
#include <cstring>
#include <vector>

using namespace kvasir::engine;
using namespace kvasir::engine::cuda;

namespace {

constexpr DType kTypes[] = {DType::Q8_0,   DType::Q4_0,  DType::Q4_1,  DType::Q5_0, DType::Q5_1,
                            DType::IQ4_NL, DType::MXFP4, DType::Q2_K,  DType::Q3_K, DType::Q4_K,
                            DType::Q5_K,   DType::Q6_K,  DType::IQ4_XS};

/// What `repack` makes of rows on the device, read back.
template <class Repack>
std::vector<std::byte> planes(DeviceMatrix matrix, const std::vector<std::byte>& rows, const Repack& repack) {
  const size_t bytes = device_bytes(matrix);
  std::byte* home = nullptr;
  std::byte* raw = nullptr;
  if (cudaMalloc(&home, bytes) != cudaSuccess || cudaMalloc(&raw, rows.size()) != cudaSuccess)
    qFatal("no memory");
  cudaMemset(home, 0, bytes);
  cudaMemcpy(raw, rows.data(), rows.size(), cudaMemcpyHostToDevice);
  matrix.data = home;
  Stream stream(nullptr, {.compute_capability = 90, .multiprocessors = 2});
  repack(stream, matrix, raw);
  std::vector<std::byte> made(bytes);
  cudaMemcpy(made.data(), home, bytes, cudaMemcpyDeviceToHost);
  cudaFree(raw);
  cudaFree(home);
  if (stream.error() != cudaSuccess) qFatal("%s", cudaGetErrorString(stream.error()));
  return made;
}

}  // namespace

class InterleavedTest : public QObject {
  Q_OBJECT

 private slots:
  void rows_of_the_processors_kernels_become_the_files_planes_data() {
    QTest::addColumn<int>("type");
    for (const DType type : kTypes) QTest::newRow(dtype_name(type).data()) << static_cast<int>(type);
  }

  void rows_of_the_processors_kernels_become_the_files_planes() {
    QFETCH(int, type);
    const auto dtype = static_cast<DType>(type);
    constexpr uint32_t kCols = 512, kRows = 2 * cpu::kGroupRows;
    test::Random random;
    const test::OwnedTensor tensor = test::random_tensor(random, dtype, kCols, kRows);
    const std::vector<std::byte> rows(tensor.view.data.begin(), tensor.view.data.end());
    QVERIFY(cpu::can_interleave(dtype, kCols, kRows));
    std::vector<std::byte> interleaved(rows.size());
    const size_t row = row_bytes(dtype, kCols);
    for (uint32_t first = 0; first < kRows; first += cpu::kGroupRows)
      cpu::interleave_group(dtype, kCols, rows.data() + first * row, row, interleaved.data() + first * row);

    const DeviceMatrix matrix{dtype, kCols, kRows, 1, nullptr};
    const auto expected =
        planes(matrix, rows, [](Stream& stream, const DeviceMatrix& to, const std::byte* raw) {
          repack(stream, to, raw, 0, kRows);
        });
    // One group after the other, as pieces come.
    const auto made =
        planes(matrix, interleaved, [&](Stream& stream, const DeviceMatrix& to, const std::byte* raw) {
          for (uint32_t first = 0; first < kRows; first += cpu::kGroupRows)
            repack_interleaved(stream, to, raw + first * row, first, cpu::kGroupRows);
        });
    QVERIFY2(made == expected, QByteArray::number(random.seed()));
  }
};

QTEST_GUILESS_MAIN(InterleavedTest)
#include "interleaved_test.moc"
