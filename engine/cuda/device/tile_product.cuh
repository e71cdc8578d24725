#pragma once

#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/each_type.cuh"
#include "engine/cuda/device/pack.cuh"
#include "engine/cuda/device/tensor_core.cuh"
#include "engine/cuda/device/weight_row.cuh"

#include <cstddef>
#include <cstdint>

// A tile of a product on tensor cores: 128 tokens with 128 rows of weights, 64 columns a step, by 256
// threads.
//
// Shared memory holds rows of 64 bfloat16s, eight pieces of 16 bytes, piece p of row r at place p ^ (r % 8),
// so that the eight rows that a matrix load reads at once, and eight neighbouring rows' stores, lie in
// different banks. Activations come by asynchronous copies, kStages − 1 steps ahead. Weights stand packed in
// device memory: each thread owns half a row of the tile, a unit of 32 weights a step; its words for the step
// after the next are under way while the warps multiply, are then decoded in registers and stored as
// bfloat16.
//
// Warps stand two by four: each multiplies every other 16 tokens by its 32 rows, and skips tokens that are
// not there. A value is one running sum over the steps whatever else is in the tile.

namespace kvasir::engine::cuda {

struct TileProduct {
  static constexpr uint32_t kThreads = 256;
  static constexpr uint32_t kTokens = 128;
  static constexpr uint32_t kRows = 128;
  static constexpr uint32_t kCols = 64;
  static constexpr uint32_t kStages = 3;
  static constexpr uint32_t kPieces = kCols / 8;  ///< 16 bytes each
  static constexpr uint32_t kTileBytes = 128 * kCols * 2;
  static constexpr size_t kSharedBytes = (kStages + 2) * kTileBytes;

  /// The token and the first of two neighbouring rows, in the tile, of the calling lane's sums [m][n][0] and
  /// [1]; [2] and [3] belong to the token eight later. With `kTwoWeights` sums [m][n + 2] belong to the rows
  /// 64 later than those of [m][n], n < 2.
  __device__ static uint32_t token(uint32_t m) {
    return (2 * m + warp_of_tokens()) * 16 + threadIdx.x % 32 / 4;
  }
  template <bool kTwoWeights>
  __device__ static uint32_t row(uint32_t n) {
    return first_row<kTwoWeights>(n / 2) + n % 2 * 8 + threadIdx.x % 4 * 2;
  }

  __device__ static uint32_t warp_of_tokens() { return threadIdx.x / 32 % 2; }
  /// The first of 16 rows that the warp multiplies with one load.
  template <bool kTwoWeights>
  __device__ static uint32_t first_row(uint32_t pair) {
    const uint32_t warp_of_rows = threadIdx.x / 64;
    return kTwoWeights ? 64 * pair + 16 * warp_of_rows : 32 * warp_of_rows + 16 * pair;
  }
  __device__ static std::byte* piece_at(std::byte* tile, uint32_t row, uint32_t piece) {
    return tile + row * (kCols * 2) + (piece ^ row % 8) * 16;
  }
};

/// Activations in bfloat16, rows in whole pieces of eight values: what a thread copies of a tile.
class TileActivations {
 public:
  /// `row_of(i)`: where row i < `count` of the tile is, counted in pieces from `data`. Rows have `pieces`.
  template <class RowOf>
  __device__ TileActivations(const uint4* data, uint32_t pieces, uint32_t count, const RowOf& row_of)
      : data_(data), pieces_(pieces), count_(count) {
#pragma unroll
    for (uint32_t i = 0; i < kRowsOfThread; ++i) {
      const uint32_t row = first_row() + i * kRowsApart;
      rows_[i] = row < count ? row_of(row) : 0;
    }
  }

  /// Begins to copy the columns of step `step`.
  __device__ void copy(std::byte* tile, uint32_t step) const {
    const uint32_t piece = threadIdx.x % TileProduct::kPieces;
    const uint32_t from = step * TileProduct::kPieces + piece;
#pragma unroll
    for (uint32_t i = 0; i < kRowsOfThread; ++i) {
      const uint32_t row = first_row() + i * kRowsApart;
      const bool valid = row < count_ && from < pieces_;
      copy_async_16(TileProduct::piece_at(tile, row, piece), data_ + (valid ? rows_[i] + from : 0), valid);
    }
  }

 private:
  static constexpr uint32_t kRowsApart = TileProduct::kThreads / TileProduct::kPieces;
  static constexpr uint32_t kRowsOfThread = TileProduct::kTokens / kRowsApart;
  __device__ static uint32_t first_row() {
    return threadIdx.x / TileProduct::kPieces;
  }

  const uint4* data_;
  uint32_t pieces_;
  uint32_t count_;
  size_t rows_[kRowsOfThread];
};

/// The weights of a thread: one of two units a step of row threadIdx.x / 2 of the tile.
class TileWeights {
 public:
  /// `row`: the row of all matrices' that the thread decodes; zeros stand for it where it is not `present`.
  __device__ TileWeights(DType type, const Planes& planes, uint32_t cols, size_t row, bool present)
      : type_(type), cols_(present ? cols : 0) {
    with_quantised_type(type, [&]<DType kType>() { row_ = row_of<kType>(planes, row, cols); });
    with_float_type(type, [&]<DType kType>() { row_ = row_of<kType>(planes, row, cols); });
  }

  __device__ void load(uint32_t step) {
    const uint32_t unit = unit_of(step);
    if (unit * kUnit >= cols_) return;
    with_quantised_type(type_, [&]<DType kType>() { raw_ = load_unit<kType>(row_, unit); });
  }

  /// Decodes what `load` has loaded for this step (floats are loaded here).
  __device__ void store(std::byte* tile, uint32_t step) const {
    const uint32_t unit = unit_of(step);
    if (unit * kUnit >= cols_) {
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) store_piece(tile, i, make_uint4(0, 0, 0, 0));
      return;
    }
    with_quantised_type(type_, [&]<DType kType>() {
      const Unit decoded = decode_unit<kType>(raw_, unit);
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
        float values[8];
#pragma unroll
        for (uint32_t j = 0; j < 8; ++j)
          values[j] = fmaf(decoded.scales[i / 2], code_value<kType>(decoded.codes[2 * i + j / 4], j % 4),
                           decoded.offsets[i / 2]);
        store_piece(tile, i, rounded(values));
      }
    });
    with_float_type(type_, [&]<DType kType>() { store_floats<kType>(tile, unit); });
  }

 private:
  __device__ static uint32_t unit_of(uint32_t step) {
    return 2 * step + threadIdx.x % 2;
  }
  __device__ static void store_piece(std::byte* tile, uint32_t piece, uint4 values) {
    std::byte* const to = TileProduct::piece_at(tile, threadIdx.x / 2, threadIdx.x % 2 * 4 + piece);
    *reinterpret_cast<uint4*>(to) = values;
  }
  __device__ static uint4 rounded(const float (&values)[8]) {
    return make_uint4(pack_bf16(values[0], values[1]), pack_bf16(values[2], values[3]),
                      pack_bf16(values[4], values[5]), pack_bf16(values[6], values[7]));
  }

  template <DType kType>
  __device__ void store_floats(std::byte* tile, uint32_t unit) const {
    constexpr uint32_t kValues = piece_values(kType);
#pragma unroll 1
    for (uint32_t i = 0; i < 4; ++i) {
      float values[8] = {};
#pragma unroll
      for (uint32_t j = 0; j < 8; j += kValues) {
        const uint32_t first = unit * kUnit + 8 * i + j;
        float loaded[kValues] = {};
        if (first < cols_)
          decode_piece<kType>(load_raw_piece<kType>(row_, first / kValues, cols_), first / kValues, loaded);
#pragma unroll
        for (uint32_t k = 0; k < kValues; ++k) values[j + k] = loaded[k];
      }
      store_piece(tile, i, rounded(values));
    }
  }

  DType type_;
  uint32_t cols_;
  Planes row_;
  RawUnit raw_;
};

/// sums += one step's products of the first `count` tokens.
template <bool kTwoWeights>
__device__ inline void multiply_step(std::byte* activations, std::byte* weights, uint32_t count,
                                     float (&sums)[4][4][4]) {
  const uint32_t lane = threadIdx.x % 32;
#pragma unroll
  for (uint32_t k = 0; k < TileProduct::kCols / 16; ++k) {
    // Rows by lanes 0 … 7 and 16 … 23, with their upper eight columns by the lanes after those.
    const uint32_t row_of_lane = lane % 8 + lane / 16 * 8;
    uint32_t b[2][4];
#pragma unroll
    for (uint32_t pair = 0; pair < 2; ++pair)
      ldmatrix_x4(b[pair],
                  TileProduct::piece_at(weights, TileProduct::first_row<kTwoWeights>(pair) + row_of_lane,
                                        2 * k + lane / 8 % 2));
#pragma unroll
    for (uint32_t m = 0; m < 4; ++m) {
      const uint32_t first_token = (2 * m + TileProduct::warp_of_tokens()) * 16;
      if (first_token >= count) break;
      uint32_t a[4];
      ldmatrix_x4(a, TileProduct::piece_at(activations, first_token + lane % 16, 2 * k + lane / 16));
#pragma unroll
      for (uint32_t n = 0; n < 4; ++n) {
        const uint32_t columns[2] = {b[n / 2][n % 2 * 2], b[n / 2][n % 2 * 2 + 1]};
        mma_m16n8k16(sums[m][n], a, columns, Bf16{});
      }
    }
  }
}

/// The whole tile's sums over `cols` columns; `shared`: kSharedBytes of dynamic shared memory.
template <bool kTwoWeights>
__device__ inline void multiply_tile(const TileActivations& activations, TileWeights& weights, uint32_t cols,
                                     uint32_t count, std::byte* shared, float (&sums)[4][4][4]) {
  constexpr uint32_t kStages = TileProduct::kStages, kTileBytes = TileProduct::kTileBytes;
  const auto stage = [&](uint32_t step) { return shared + step % kStages * kTileBytes; };
  const auto decoded = [&](uint32_t step) { return shared + (kStages + step % 2) * kTileBytes; };
  const uint32_t steps = divide_up(cols, TileProduct::kCols);
  weights.load(0);
#pragma unroll
  for (uint32_t step = 0; step < kStages - 1; ++step) {
    if (step < steps) activations.copy(stage(step), step);
    copy_async_commit();
  }
  weights.store(decoded(0), 0);
  weights.load(1);
#pragma unroll 1
  for (uint32_t step = 0; step < steps; ++step) {
    copy_async_wait<kStages - 2>();
    // Both factors of this step are there, and what the last one read may be overwritten.
    __syncthreads();
    const uint32_t ahead = step + kStages - 1;
    if (ahead < steps) activations.copy(stage(ahead), ahead);
    copy_async_commit();
    multiply_step<kTwoWeights>(stage(step), decoded(step), count, sums);
    if (step + 1 < steps) {
      weights.store(decoded(step + 1), step + 1);
      weights.load(step + 2);
    }
  }
}

}  // namespace kvasir::engine::cuda
