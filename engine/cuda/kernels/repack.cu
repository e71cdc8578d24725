#include "engine/cuda/device/each_type.cuh"
#include "engine/cuda/device/repack.cuh"
#include "engine/cuda/kernels/repack.h"

#include <algorithm>

namespace kvasir::engine::cuda {
namespace {

constexpr uint32_t kThreads = 256;
constexpr uint64_t kMostBlocks = 4096;

struct RepackParams {
  DType type = DType::F32;
  Planes planes;  ///< where the first unit goes
  const std::byte* raw = nullptr;
  uint64_t units = 0;
};

/// One thread makes one unit after another, the whole grid's threads apart.
__global__ void __launch_bounds__(kThreads) repack_kernel(RepackParams p) {
  with_quantised_type(p.type, [&]<DType kType>() {
    using Block = BlockOfType<kType>;
    constexpr uint32_t kUnitsOfBlock = Block::kValues / kUnit;
    const uint64_t step = uint64_t{gridDim.x} * kThreads;
    for (uint64_t unit = uint64_t{blockIdx.x} * kThreads + threadIdx.x; unit < p.units; unit += step) {
      const auto& block = reinterpret_cast<const Block*>(p.raw)[unit / kUnitsOfBlock];
      repack_unit<kType>(block, static_cast<uint32_t>(unit % kUnitsOfBlock), p.planes.from(kType, unit));
    }
  });
}

}  // namespace

void repack(Stream& stream, const DeviceMatrix& weight, const std::byte* raw, uint64_t first_row,
            uint64_t rows) {
  if (!is_in_planes(weight.type)) {
    const size_t bytes_of_row = row_bytes(weight.type, weight.cols);
    std::byte* const to = planes_of(weight).low + first_row * bytes_of_row;
    if (stream.error() == cudaSuccess)
      stream.note(cudaMemcpyAsync(to, raw, rows * bytes_of_row, cudaMemcpyDeviceToDevice, stream.get()));
    return;
  }
  const uint64_t units_of_row = weight.cols / kUnit;
  RepackParams params;
  params.type = weight.type;
  params.planes = planes_of(weight).from(weight.type, first_row * units_of_row);
  params.raw = raw;
  params.units = rows * units_of_row;
  const uint64_t blocks = std::min((params.units + kThreads - 1) / kThreads, kMostBlocks);
  stream.launch("repack", repack_kernel, dim3(static_cast<uint32_t>(blocks)), dim3(kThreads), 0, params);
}

}  // namespace kvasir::engine::cuda
