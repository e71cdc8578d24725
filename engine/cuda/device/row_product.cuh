#pragma once

#include "engine/cuda/device/weight_row.cuh"

#include <cstdint>

// A group of lanes' products of a few rows of weights with a few rows of activations. Every lane takes every
// `count`-th piece of the rows; which, and in which order, depends on the number of columns and the type
// alone, and every product is added by an explicit fmaf, so that variants for different numbers of tokens
// give the same bits.

namespace kvasir::engine::cuda {

/// A lane's place in its group.
struct LaneOfRow {
  uint32_t index = 0;
  uint32_t count = 32;  ///< a power of two, at most 32
};

/// The sum over a group of neighbouring lanes, in each of them. All lanes of the warp call it.
__device__ inline float sum_of_lanes(float value, uint32_t lanes) {
  for (uint32_t apart = lanes / 2; apart > 0; apart /= 2)
    value += __shfl_xor_sync(0xffffffffu, value, static_cast<int>(apart));
  return value;
}

/// Adds a unit's product with 8-bit activations, {8} words of codes.
template <DType kType>
__device__ inline float add_unit_product(const Unit& weights, const uint32_t (&codes)[8],
                                         uint2 scale_and_sums, float sum) {
  constexpr QuantFormat kFormat = quant_format(kType);
  const int sums[2] = {static_cast<int16_t>(scale_and_sums.y & 0xffffu),
                       static_cast<int>(scale_and_sums.y) >> 16};
  int dots[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    dots[half] = -kFormat.excess * sums[half];
#pragma unroll
    for (int w = 4 * half; w < 4 * half + 4; ++w)
      dots[half] = __dp4a(static_cast<int>(weights.codes[w]), static_cast<int>(codes[w]), dots[half]);
  }
  float product;
  if constexpr (kFormat.halves) {
    product =
        fmaf(weights.scales[1], static_cast<float>(dots[1]), weights.scales[0] * static_cast<float>(dots[0]));
    if constexpr (kFormat.has_offset)
      product = fmaf(weights.offsets[1], static_cast<float>(sums[1]),
                     fmaf(weights.offsets[0], static_cast<float>(sums[0]), product));
  } else {
    product = weights.scales[0] * static_cast<float>(dots[0] + dots[1]);
    if constexpr (kFormat.has_offset)
      product = fmaf(weights.offsets[0], static_cast<float>(sums[0] + sums[1]), product);
  }
  return fmaf(__uint_as_float(scale_and_sums.x), product, sum);
}

/// sums[r][t] += the lane's share of row r · activations t, for t < `tokens`. Decodes weights once.
template <DType kType, int kRows, int kTokens>
__device__ inline void add_quantised_products(const Planes (&rows)[kRows], LaneOfRow lane,
                                              const QuantisedRows& in, uint32_t tokens,
                                              float (&sums)[kRows][kTokens]) {
  // For one token few registers are taken: two units of each row are under way at once.
  constexpr uint32_t kAtOnce = kTokens == 1 ? 2 : 1;
  for (uint32_t first = lane.index; first < in.units; first += kAtOnce * lane.count) {
    RawUnit raw[kAtOnce][kRows];
#pragma unroll
    for (uint32_t i = 0; i < kAtOnce; ++i) {
      // Beyond the end the last one again: loads behind a condition would wait for it.
      const uint32_t unit = min(first + i * lane.count, in.units - 1);
#pragma unroll
      for (int r = 0; r < kRows; ++r) raw[i][r] = load_unit<kType>(rows[r], unit);
    }
#pragma unroll
    for (uint32_t i = 0; i < kAtOnce; ++i) {
      const uint32_t unit = first + i * lane.count;
      if (unit >= in.units) break;
      Unit weights[kRows];
#pragma unroll
      for (int r = 0; r < kRows; ++r) weights[r] = decode_unit<kType>(raw[i][r], unit);
#pragma unroll
      for (uint32_t t = 0; t < kTokens; ++t) {
        if (t >= tokens) break;
        uint32_t codes[8];
        in.load_codes(t, unit, codes);
        const uint2 scale_and_sums = in.scales_and_sums(t)[unit];
#pragma unroll
        for (int r = 0; r < kRows; ++r)
          sums[r][t] = add_unit_product<kType>(weights[r], codes, scale_and_sums, sums[r][t]);
      }
    }
  }
}

/// The same with float32 activations, for all types.
template <DType kType, int kRows, int kTokens>
__device__ inline void add_float_products(const Planes (&rows)[kRows], LaneOfRow lane, uint32_t cols,
                                          const FloatRows& in, uint32_t tokens,
                                          float (&sums)[kRows][kTokens]) {
  constexpr uint32_t kValues = piece_values(kType);
  // As above; units as floats leave no registers for it.
  constexpr uint32_t kAtOnce = kTokens == 1 && !is_in_planes(kType) ? 4 / kRows : 1;
  const uint32_t pieces = pieces_of_row(kType, cols);
#pragma unroll 1
  for (uint32_t start = lane.index; start < pieces; start += kAtOnce * lane.count) {
    RawPiece<kType> raw[kAtOnce][kRows];
#pragma unroll
    for (uint32_t i = 0; i < kAtOnce; ++i) {
#pragma unroll
      for (int r = 0; r < kRows; ++r)
        raw[i][r] = load_raw_piece<kType>(rows[r], min(start + i * lane.count, pieces - 1), cols);
    }
#pragma unroll
    for (uint32_t i = 0; i < kAtOnce; ++i) {
      const uint32_t piece = start + i * lane.count;
      if (piece >= pieces) break;
      float weights[kRows][kValues];
#pragma unroll
      for (int r = 0; r < kRows; ++r) decode_piece<kType>(raw[i][r], piece, weights[r]);
      const uint32_t first = piece * kValues;
#pragma unroll
      for (uint32_t t = 0; t < kTokens; ++t) {
        if (t >= tokens) break;
        const float* const values = in.row(t) + first;
#pragma unroll
        for (uint32_t v = 0; v < kValues; v += 4) {
          const uint32_t left = cols > first + v ? cols - first - v : 0;
          const float4 x = load_four(values + v, in.aligned, left);
#pragma unroll
          for (int r = 0; r < kRows; ++r) {
            sums[r][t] = fmaf(weights[r][v], x.x, sums[r][t]);
            sums[r][t] = fmaf(weights[r][v + 1], x.y, sums[r][t]);
            sums[r][t] = fmaf(weights[r][v + 2], x.z, sums[r][t]);
            sums[r][t] = fmaf(weights[r][v + 3], x.w, sums[r][t]);
          }
        }
      }
    }
  }
}

}  // namespace kvasir::engine::cuda
