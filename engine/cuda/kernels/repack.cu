#include "engine/cuda/device/each_type.cuh"
#include "engine/cuda/device/interleaved.cuh"
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

struct RepackInterleavedParams {
  DType type = DType::F32;
  Planes planes;  ///< where the first row goes
  const std::byte* raw = nullptr;
  uint32_t units_of_row = 0;
  uint64_t rows = 0;
};

/// One thread makes the units of one block after another. Neighbouring threads take the rows of a group,
/// whose bytes are neighbours.
__global__ void __launch_bounds__(kThreads) repack_interleaved_kernel(RepackInterleavedParams p) {
  with_quantised_type(p.type, [&]<DType kType>() {
    using Block = BlockOfType<kType>;
    constexpr uint32_t kUnitsOfBlock = Block::kValues / kUnit;
    constexpr uint32_t kRows = interleaved::kGroupRows;
    const uint32_t blocks_of_row = p.units_of_row / kUnitsOfBlock;
    const uint64_t step = uint64_t{gridDim.x} * kThreads;
    for (uint64_t i = uint64_t{blockIdx.x} * kThreads + threadIdx.x; i < p.rows * blocks_of_row; i += step) {
      const auto row = static_cast<uint32_t>(i % kRows);
      const uint64_t group_block = i / kRows;  // of all groups' blocks, one group after another
      const Block block = interleaved_block<kType, Block>(p.raw + group_block * (kRows * sizeof(Block)), row);
      const uint64_t first_unit = (group_block / blocks_of_row * kRows + row) * p.units_of_row +
                                  group_block % blocks_of_row * kUnitsOfBlock;
      for (uint32_t unit = 0; unit < kUnitsOfBlock; ++unit)
        repack_unit<kType>(block, unit, p.planes.from(kType, first_unit + unit));
    }
  });
}

dim3 grid_for(uint64_t threads) {
  return dim3(static_cast<uint32_t>(std::min((threads + kThreads - 1) / kThreads, kMostBlocks)));
}

}  // namespace

void repack_interleaved(Stream& stream, const DeviceMatrix& weight, const std::byte* raw, uint64_t first_row,
                        uint64_t rows) {
  RepackInterleavedParams params;
  params.type = weight.type;
  params.units_of_row = weight.cols / kUnit;
  params.planes = planes_of(weight).from(weight.type, first_row * params.units_of_row);
  params.raw = raw;
  params.rows = rows;
  const uint64_t blocks = rows * weight.cols / dtype_traits(weight.type)->block_elements;
  stream.launch("repack_interleaved", repack_interleaved_kernel, grid_for(blocks), dim3(kThreads), 0, params);
}

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
  stream.launch("repack", repack_kernel, grid_for(params.units), dim3(kThreads), 0, params);
}

}  // namespace kvasir::engine::cuda
