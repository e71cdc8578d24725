#pragma once

#include "engine/cuda/device/kv_encoding.h"
#include "engine/cuda/device/pack.cuh"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/device/tensor_core.cuh"
#include "engine/cuda/kernels/attention_expanded.cuh"

#include <cstdint>

namespace kvasir::engine::cuda {

/// Blocks (position), a thread per two values: rows of the chunk in bfloat16. Floor: their bytes.
__global__ void round_rows_kernel(ExpandedParams p) {
  const KvRows& rows = p.call.rows;
  const uint32_t kv_lora = p.call.expansion.kv_lora;
  const std::byte* const row = rows.data + (p.chunk.begin + blockIdx.x) * rows.row_bytes;
  for (uint32_t i = 2 * threadIdx.x; i < rows.width; i += 2 * blockDim.x) {
    uint16_t* const to = i < kv_lora ? p.chunk.latents + size_t{blockIdx.x} * kv_lora + i
                                     : p.chunk.rope + size_t{blockIdx.x} * p.rope + (i - kv_lora);
    *reinterpret_cast<uint32_t*>(to) =
        pack_bf16(kv_value(rows.type, row, rows.width, i), kv_value(rows.type, row, rows.width, i + 1));
  }
}

/// A tile of the product latents {positions, kv_lora} · expansionᵀ {rows, kv_lora}: a block of 8 warps for
/// 128 positions and 128 rows, a warp for 64 and 32. Steps of 32 columns come by asynchronous copies. Floor:
/// tensor cores; at 512 columns a step's 20 KB take 64 matrix instructions of each warp.
class ExpandTile {
 public:
  static constexpr uint32_t kThreads = 256;
  static constexpr uint32_t kPositions = 128;
  static constexpr uint32_t kRows = 128;

  static constexpr size_t shared_bytes() { return kStages * kStageHalves * sizeof(uint16_t); }

  __device__ explicit ExpandTile(const ExpandedParams& params)
      : p_(params),
        first_position_(blockIdx.y * kPositions),
        first_row_(blockIdx.x * kRows),
        positions_(params.chunk.end - params.chunk.begin),
        rows_(params.call.expansion.heads * (params.call.expansion.nope + params.call.expansion.v_head)),
        lane_(threadIdx.x % kWarp),
        warp_position_(threadIdx.x / kWarp / 4 * kWarpPositions),
        warp_row_(threadIdx.x / kWarp % 4 * kWarpRows),
        memory_(dynamic_shared<uint16_t>()) {}

  __device__ void run() {
    const uint32_t steps = (p_.call.expansion.kv_lora + kStep - 1) / kStep;
    for (uint32_t step = 0; step < kStages - 1; ++step) request(step);
    for (uint32_t step = 0; step < steps; ++step) {
      copy_async_wait<kStages - 2>();
      __syncthreads();  // the step is here, and the one before is no longer read
      request(step + kStages - 1);
      multiply(memory_ + step % kStages * kStageHalves);
    }
    copy_async_wait<0>();
    store();
  }

 private:
  static constexpr uint32_t kStep = 32;
  static constexpr uint32_t kStages = 3;
  static constexpr uint32_t kWarpPositions = 64;
  static constexpr uint32_t kWarpRows = 32;
  /// 16 bytes more than a step: 8 rows' pieces lie in distinct banks.
  static constexpr uint32_t kStride = kStep + 8;
  static constexpr uint32_t kStageHalves = (kPositions + kRows) * kStride;

  /// Asks for a step's columns of latents, then of the expansion; zeros where there are none.
  __device__ void request(uint32_t step) {
    constexpr uint32_t kPieces = kStep / ExpandedChunk::kPiece;
    constexpr uint32_t kRowsAtOnce = kThreads / kPieces;
    uint16_t* const stage = memory_ + step % kStages * kStageHalves;
    const uint32_t kv_lora = p_.call.expansion.kv_lora;
    const uint32_t in_step = threadIdx.x % kPieces * ExpandedChunk::kPiece;
    const uint32_t column = step * kStep + in_step;
    const auto* const expansion = reinterpret_cast<const uint16_t*>(p_.call.expansion.data);
#pragma unroll
    for (uint32_t first = 0; first < kPositions; first += kRowsAtOnce) {
      const uint32_t i = first + threadIdx.x / kPieces;
      copy_async_16(stage + i * kStride + in_step,
                    p_.chunk.latents + size_t{first_position_ + i} * kv_lora + column,
                    column < kv_lora && first_position_ + i < positions_);
    }
#pragma unroll
    for (uint32_t first = 0; first < kRows; first += kRowsAtOnce) {
      const uint32_t i = first + threadIdx.x / kPieces;
      copy_async_16(stage + (kPositions + i) * kStride + in_step,
                    expansion + size_t{first_row_ + i} * kv_lora + column,
                    column < kv_lora && first_row_ + i < rows_);
    }
    copy_async_commit();
  }

  __device__ void multiply(const uint16_t* stage) {
    const uint16_t* const latents = stage + (warp_position_ + lane_ % 16) * kStride + lane_ / 16 * 8;
    const uint16_t* const rows =
        stage + (kPositions + warp_row_ + lane_ / 16 * 8 + lane_ % 8) * kStride + lane_ / 8 % 2 * 8;
#pragma unroll
    for (uint32_t column = 0; column < kStep; column += 16) {
      uint32_t a[kWarpPositions / 16][4];
      uint32_t b[kWarpRows / 16][4];
#pragma unroll
      for (uint32_t m = 0; m < kWarpPositions / 16; ++m)
        ldmatrix_x4(a[m], latents + m * 16 * kStride + column);
#pragma unroll
      for (uint32_t n = 0; n < kWarpRows / 16; ++n) ldmatrix_x4(b[n], rows + n * 16 * kStride + column);
#pragma unroll
      for (uint32_t m = 0; m < kWarpPositions / 16; ++m) {
#pragma unroll
        for (uint32_t n = 0; n < kWarpRows / 8; ++n)
          mma_m16n8k16(sums_[m][n], a[m], {b[n / 2][n % 2 * 2], b[n / 2][n % 2 * 2 + 1]}, Bf16{});
      }
    }
  }

  /// Rows of the expansion are keys or values of a head, eight neighbours always the same.
  __device__ void store() {
    const DeviceExpansion& expansion = p_.call.expansion;
    const uint32_t head_rows = expansion.nope + expansion.v_head;
#pragma unroll
    for (uint32_t n = 0; n < kWarpRows / 8; ++n) {
      const uint32_t row = first_row_ + warp_row_ + n * 8 + lane_ % 4 * 2;
      if (row >= rows_) continue;
      const uint32_t head = row / head_rows;
      const uint32_t of_head = row % head_rows;
      const bool key = of_head < expansion.nope;
      const uint32_t width = key ? expansion.nope : expansion.v_head;
      uint16_t* const to = (key ? p_.chunk.keys + of_head : p_.chunk.values + (of_head - expansion.nope)) +
                           size_t{head} * p_.chunk.capacity * width;
#pragma unroll
      for (uint32_t m = 0; m < kWarpPositions / 16; ++m) {
#pragma unroll
        for (uint32_t upper = 0; upper < 2; ++upper) {
          const uint32_t position = first_position_ + warp_position_ + m * 16 + upper * 8 + lane_ / 4;
          if (position < positions_)
            *reinterpret_cast<uint32_t*>(to + size_t{position} * width) =
                pack_bf16(sums_[m][n][2 * upper], sums_[m][n][2 * upper + 1]);
        }
      }
    }
  }

  const ExpandedParams& p_;
  uint32_t first_position_;  ///< in the chunk
  uint32_t first_row_;
  uint32_t positions_;
  uint32_t rows_;
  uint32_t lane_;
  uint32_t warp_position_;
  uint32_t warp_row_;
  uint16_t* memory_;
  float sums_[kWarpPositions / 16][kWarpRows / 8][4] = {};
};

/// Blocks (rows of the expansion, positions).
__global__ void __launch_bounds__(ExpandTile::kThreads) expand_kernel(ExpandedParams p) {
  ExpandTile(p).run();
}

}  // namespace kvasir::engine::cuda
