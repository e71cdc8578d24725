#pragma once

#include "engine/cuda/device/activations.cuh"
#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/formats.cuh"

#include <cstddef>
#include <cstdint>
#include <type_traits>

// Rows of weights of every type, cut into pieces.

namespace kvasir::engine::cuda {

/// Weights that a lane takes at once: a unit, or sixteen bytes of floats.
KVASIR_HOST_DEVICE constexpr uint32_t piece_values(DType type) {
  if (is_in_planes(type)) return kUnit;
  return type == DType::F32 ? 4 : 8;
}
KVASIR_HOST_DEVICE constexpr uint32_t pieces_of_row(DType type, uint32_t cols) {
  return divide_up(cols, piece_values(type));
}

/// Neighbouring lanes that share a row, a power of two.
KVASIR_HOST_DEVICE constexpr uint32_t lanes_of_row(DType type, uint32_t cols) {
  const uint32_t pieces = pieces_of_row(type, cols);
  uint32_t lanes = 1;
  while (lanes < 32 && lanes < pieces) lanes *= 2;
  return lanes;
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

/// A piece as it stands in memory: a kernel can have it under way while it computes with others.
struct RawFloats {
  uint32_t words[4];
};
template <DType kType>
using RawPiece = std::conditional_t<is_in_planes(kType), RawUnit, RawFloats>;

/// Loads piece `piece` of a row; zeros beyond a row of floats' end.
template <DType kType>
__device__ inline RawPiece<kType> load_raw_piece(const Planes& row, uint32_t piece, uint32_t cols) {
  if constexpr (is_in_planes(kType)) {
    return load_unit<kType>(row, piece);
  } else {
    RawFloats raw = {};
    const uint32_t first = piece * piece_values(kType);
    if (cols % piece_values(kType) == 0) {
      formats::load_words<4>(raw.words, row.low + size_t{piece} * 16);
    } else if constexpr (kType == DType::F32) {
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i)
        if (i < cols - first) raw.words[i] = reinterpret_cast<const uint32_t*>(row.low)[first + i];
    } else {
      const auto* const halves = reinterpret_cast<const uint16_t*>(row.low) + first;
#pragma unroll
      for (uint32_t i = 0; i < 8; ++i)
        if (i < cols - first) raw.words[i / 2] |= static_cast<uint32_t>(halves[i]) << 16 * (i % 2);
    }
    return raw;
  }
}

/// Its weights.
template <DType kType>
__device__ inline void decode_piece(const RawPiece<kType>& raw, uint32_t piece,
                                    float (&weights)[piece_values(kType)]) {
  if constexpr (is_in_planes(kType)) {
    const Unit unit = decode_unit<kType>(raw, piece);
#pragma unroll
    for (uint32_t i = 0; i < kUnit; ++i)
      weights[i] =
          fmaf(unit.scales[i / 16], code_value<kType>(unit.codes[i / 4], i % 4), unit.offsets[i / 16]);
  } else if constexpr (kType == DType::F32) {
#pragma unroll
    for (uint32_t i = 0; i < 4; ++i) weights[i] = __uint_as_float(raw.words[i]);
  } else {
#pragma unroll
    for (uint32_t i = 0; i < 8; ++i) {
      const uint32_t bits = raw.words[i / 2] >> 16 * (i % 2) & 0xffffu;
      weights[i] = kType == DType::BF16 ? __uint_as_float(bits << 16) : formats::half_value(bits);
    }
  }
}

__device__ inline void prefetch_to_l2([[maybe_unused]] const void* address) {
#if !defined(KVASIR_EMULATED_CUDA)
  asm volatile("prefetch.global.L2 [%0];" : : "l"(address));
#endif
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

}  // namespace kvasir::engine::cuda
