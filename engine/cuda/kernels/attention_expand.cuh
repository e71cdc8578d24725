#pragma once

#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/kv_encoding.h"
#include "engine/cuda/device/pack.cuh"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/device/tensor_core.cuh"
#include "engine/cuda/device/tile_product.cuh"
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

/// The tile's sums become keys and values. Rows of the expansion belong to keys or values of one head, eight
/// neighbours always to the same.
__device__ inline void store_expanded(const ExpandedParams& p, uint32_t first_position, uint32_t first_row,
                                      const float (&sums)[4][4][4]) {
  const DeviceExpansion& expansion = p.call.expansion;
  const uint32_t head_rows = expansion.nope + expansion.v_head;
#pragma unroll
  for (uint32_t n = 0; n < 4; ++n) {
    const uint32_t row = first_row + TileProduct::row<false>(n);
    if (row >= expansion.heads * head_rows) continue;
    const uint32_t of_head = row % head_rows;
    const bool key = of_head < expansion.nope;
    const uint32_t width = key ? expansion.nope : expansion.v_head;
    uint16_t* const to = (key ? p.chunk.keys + of_head : p.chunk.values + (of_head - expansion.nope)) +
                         size_t{row / head_rows} * p.chunk.capacity * width;
#pragma unroll
    for (uint32_t m = 0; m < 4; ++m) {
#pragma unroll
      for (uint32_t upper = 0; upper < 2; ++upper) {
        const uint32_t position = first_position + TileProduct::token(m) + 8 * upper;
        if (position < p.chunk.end - p.chunk.begin)
          *reinterpret_cast<uint32_t*>(to + size_t{position} * width) =
              pack_bf16(sums[m][n][2 * upper], sums[m][n][2 * upper + 1]);
      }
    }
  }
}

/// Shared memory of `expand_kernel`: steps of both factors.
inline constexpr size_t kExpandSharedBytes = size_t{TileProduct::kStages} * 2 * TileProduct::kTileBytes;

/// Blocks (rows of the expansion, positions): the product latents {positions, kv_lora} · expansionᵀ, a tile
/// of 128 by 128 each. Both factors come by asynchronous copies. Floor: tensor cores.
__global__ void __launch_bounds__(TileProduct::kThreads) expand_kernel(ExpandedParams p) {
  constexpr uint32_t kStages = TileProduct::kStages;
  const DeviceExpansion& expansion = p.call.expansion;
  const uint32_t pieces = expansion.kv_lora / ExpandedChunk::kPiece;
  const uint32_t first_position = blockIdx.y * TileProduct::kTokens;
  const uint32_t first_row = blockIdx.x * TileProduct::kRows;
  const uint32_t positions = min(p.chunk.end - p.chunk.begin - first_position, TileProduct::kTokens);
  const uint32_t rows =
      min(expansion.heads * (expansion.nope + expansion.v_head) - first_row, TileProduct::kRows);
  const TileActivations latents(reinterpret_cast<const uint4*>(p.chunk.latents), pieces, positions,
                                [&](uint32_t i) { return size_t{first_position + i} * pieces; });
  const TileActivations weights(reinterpret_cast<const uint4*>(expansion.data), pieces, rows,
                                [&](uint32_t i) { return size_t{first_row + i} * pieces; });

  std::byte* const shared = dynamic_shared<std::byte>();
  const uint32_t steps = divide_up(expansion.kv_lora, TileProduct::kCols);
  const auto stage = [&](uint32_t step) { return shared + step % kStages * 2 * TileProduct::kTileBytes; };
  const auto request = [&](uint32_t step) {
    if (step < steps) {
      latents.copy(stage(step), step);
      weights.copy(stage(step) + TileProduct::kTileBytes, step);
    }
    copy_async_commit();
  };
  float sums[4][4][4] = {};
  for (uint32_t step = 0; step < kStages - 1; ++step) request(step);
#pragma unroll 1
  for (uint32_t step = 0; step < steps; ++step) {
    copy_async_wait<kStages - 2>();
    __syncthreads();  // the step is here, and the one before is no longer read
    request(step + kStages - 1);
    multiply_step<false>(stage(step), stage(step) + TileProduct::kTileBytes, positions, sums);
  }
  store_expanded(p, first_position, first_row, sums);
}

}  // namespace kvasir::engine::cuda
