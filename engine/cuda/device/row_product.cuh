#pragma once

#include "engine/cuda/device/activations.cuh"
#include "engine/cuda/device/formats.cuh"

#include <cstddef>
#include <cstdint>

// A group of lanes' products of a few rows of weights with a few rows of activations. Every lane takes every
// `lanes.count`-th piece of the rows; which, and in which order, depends on the number of columns and the
// type alone, and every product is added by an explicit fmaf, so that variants for different numbers of
// tokens give the same bits.

namespace kvasir::engine::cuda {

/// A lane's place in its group.
struct LaneOfRow {
  uint32_t index = 0;
  uint32_t count = 32;  ///< a power of two, at most 32
};

/// Weights that a lane takes at once: a unit, or sixteen bytes of floats.
template <DType kType>
constexpr uint32_t kPiece = is_in_planes(kType)   ? kUnit
                            : kType == DType::F32 ? 4
                                                  : 8;

/// Lanes that a row of `pieces` pieces is given.
__device__ inline uint32_t lanes_of_row(uint32_t pieces) {
  uint32_t lanes = 1;
  while (lanes < 32 && lanes < pieces) lanes *= 2;
  return lanes;
}

/// The sum over a group of neighbouring lanes, in each of them. All lanes of the warp call it.
__device__ inline float sum_of_lanes(float value, uint32_t lanes) {
  for (uint32_t apart = lanes / 2; apart > 0; apart /= 2)
    value += __shfl_xor_sync(0xffffffffu, value, static_cast<int>(apart));
  return value;
}

__device__ inline void prefetch_to_l2([[maybe_unused]] const void* address) {
#if !defined(KVASIR_EMULATED_CUDA)
  asm volatile("prefetch.global.L2 [%0];" : : "l"(address));
#endif
}

/// Row `row` of a weight with `cols` columns. Floats stand at `low`.
template <DType kType>
__device__ inline Planes row_of(const Planes& weight, size_t row, uint32_t cols) {
  if constexpr (is_in_planes(kType)) {
    return weight.from(kType, row * (cols / kUnit));
  } else {
    Planes planes;
    planes.low = weight.low + row * cols * (kType == DType::F32 ? 4 : 2);
    return planes;
  }
}

/// Row `row` of matrix `matrix` of anything that has planes, rows and columns.
template <DType kType, class Weight>
__device__ inline Planes row_of_matrix(const Weight& weight, uint32_t matrix, uint32_t row) {
  return row_of<kType>(weight.planes, size_t{matrix} * weight.rows + row, weight.cols);
}

/// Asks for the codes of `count` rows from `row` on to be brought to the L2 cache, by a warp: what a kernel
/// can do before its activations are ready.
__device__ inline void prefetch_rows(DType type, const Planes& weight, size_t row, uint32_t count,
                                     uint32_t cols) {
  const size_t row_bytes = size_t{cols / kUnit} * (4 * quant_format(type).low_bits);
  const std::byte* const from = weight.low + row * row_bytes;
  constexpr uint32_t kSector = 32;
  for (size_t i = threadIdx.x % 32 * kSector; i < count * row_bytes; i += 32 * kSector)
    prefetch_to_l2(from + i);
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

/// A piece of a row as floats; zeros beyond the row's end.
template <DType kType>
__device__ inline void load_piece(const Planes& row, uint32_t piece, uint32_t cols,
                                  float (&weights)[kPiece<kType>]) {
  if constexpr (is_in_planes(kType)) {
    const Unit unit = decode_unit<kType>(load_unit<kType>(row, piece), piece);
#pragma unroll
    for (uint32_t i = 0; i < kUnit; ++i)
      weights[i] =
          fmaf(unit.scales[i / 16], code_value<kType>(unit.codes[i / 4], i % 4), unit.offsets[i / 16]);
  } else if constexpr (kType == DType::F32) {
    const uint32_t first = piece * 4;
    const float4 four =
        load_four(reinterpret_cast<const float*>(row.low) + first, cols % 4 == 0, cols - first);
    weights[0] = four.x, weights[1] = four.y, weights[2] = four.z, weights[3] = four.w;
  } else {
    const uint32_t first = piece * 8;
    const auto* const halves = reinterpret_cast<const uint16_t*>(row.low) + first;
    uint32_t pairs[4] = {};
    if (cols % 8 == 0) {
      formats::load_words<4>(pairs, reinterpret_cast<const std::byte*>(halves));
    } else {
#pragma unroll
      for (uint32_t i = 0; i < 8; ++i)
        if (i < cols - first) pairs[i / 2] |= static_cast<uint32_t>(halves[i]) << 16 * (i % 2);
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const uint32_t bits = pairs[i / 2] >> 16 * (i % 2) & 0xffffu;
      weights[i] = kType == DType::BF16 ? __uint_as_float(bits << 16) : formats::half_value(bits);
    }
  }
}

/// The same as add_quantised_products with float32 activations, for all types.
template <DType kType, int kRows, int kTokens>
__device__ inline void add_float_products(const Planes (&rows)[kRows], LaneOfRow lane, uint32_t cols,
                                          const FloatRows& in, uint32_t tokens,
                                          float (&sums)[kRows][kTokens]) {
  constexpr uint32_t kValues = kPiece<kType>;
  const uint32_t pieces = (cols + kValues - 1) / kValues;
#pragma unroll 1
  for (uint32_t piece = lane.index; piece < pieces; piece += lane.count) {
    float weights[kRows][kValues];
#pragma unroll
    for (int r = 0; r < kRows; ++r) load_piece<kType>(rows[r], piece, cols, weights[r]);
    const uint32_t first = piece * kValues;
#pragma unroll
    for (uint32_t t = 0; t < kTokens; ++t) {
      if (t >= tokens) break;
      const float* const values = in.row(t) + first;
#pragma unroll
      for (uint32_t i = 0; i < kValues; i += 4) {
        const uint32_t left = cols > first + i ? cols - first - i : 0;
        const float4 x = load_four(values + i, in.aligned, left);
#pragma unroll
        for (int r = 0; r < kRows; ++r) {
          sums[r][t] = fmaf(weights[r][i], x.x, sums[r][t]);
          sums[r][t] = fmaf(weights[r][i + 1], x.y, sums[r][t]);
          sums[r][t] = fmaf(weights[r][i + 2], x.z, sums[r][t]);
          sums[r][t] = fmaf(weights[r][i + 3], x.w, sums[r][t]);
        }
      }
    }
  }
}

}  // namespace kvasir::engine::cuda
