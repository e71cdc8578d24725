#pragma once

#include "engine/cuda/device/host_device.h"
#include "engine/cuda/device/planes.h"

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

// What weights are multiplied with: float32 activations as they are, or their 8-bit codes.

namespace kvasir::engine::cuda {

/// Rows of float32 activations: all, or those that `chosen` lists.
struct FloatRows {
  const float* data = nullptr;
  size_t stride = 0;     ///< floats from row to row
  bool aligned = false;  ///< every row to 16 bytes
  const uint32_t* chosen = nullptr;

  __device__ const float* row(uint32_t r) const {
    return data + (chosen == nullptr ? r : chosen[r]) * stride;
  }
};

/// Whether float4s may be loaded from all places that are `strides` floats apart.
template <class... Strides>
bool is_aligned(const float* data, Strides... strides) {
  return reinterpret_cast<uintptr_t>(data) % 16 == 0 && ((strides % 4 == 0) && ...);
}

/// Four floats of a row, of which `count` there are; zeros for the others.
__device__ inline float4 load_four(const float* from, bool aligned, uint32_t count) {
  if (aligned && count >= 4) return *reinterpret_cast<const float4*>(from);
  float4 values = make_float4(0, 0, 0, 0);
  if (count > 0) values.x = from[0];
  if (count > 1) values.y = from[1];
  if (count > 2) values.z = from[2];
  if (count > 3) values.w = from[3];
  return values;
}

/// Rows of activations in 8 bits, in shared or device memory at 16-byte addresses. A unit of 32 values has a
/// scale, its largest magnitude / 127: value = scale · code. A row is {2, units} halves of sixteen codes (so
/// that neighbouring lanes read neighbouring words), then {units} of `ScaleAndSums`.
struct QuantisedRows {
  std::byte* data = nullptr;
  uint32_t units = 0;

  KVASIR_HOST_DEVICE static constexpr size_t row_bytes(uint32_t units) {
    return (size_t{units} * (kUnit + 8) + 15) / 16 * 16;
  }
  __device__ uint4* codes(uint32_t row, uint32_t half) const {
    return reinterpret_cast<uint4*>(data + row * row_bytes(units)) + half * units;
  }
  /// The 32 codes of a unit, four to a word.
  __device__ void load_codes(uint32_t row, uint32_t unit, uint32_t (&words)[8]) const {
    const uint4 first = codes(row, 0)[unit], second = codes(row, 1)[unit];
    words[0] = first.x, words[1] = first.y, words[2] = first.z, words[3] = first.w;
    words[4] = second.x, words[5] = second.y, words[6] = second.z, words[7] = second.w;
  }
  /// {units}: the bits of the scale; the sums of the halves' codes, 16 bits each.
  __device__ uint2* scales_and_sums(uint32_t row) const { return reinterpret_cast<uint2*>(codes(row, 2)); }
};

/// Quantises one unit for each eight neighbouring lanes of a warp, of which lane `part` (of 8) has values
/// 4 · part … 4 · part + 3. All lanes of the warp call it; those with `store` unset only take part.
__device__ inline void quantise_unit(const QuantisedRows& to, uint32_t row, uint32_t unit, uint32_t part,
                                     float4 values, bool store) {
  constexpr unsigned kAll = 0xffffffffu;
  float largest = fmaxf(fmaxf(fabsf(values.x), fabsf(values.y)), fmaxf(fabsf(values.z), fabsf(values.w)));
  for (int apart = 1; apart < 8; apart *= 2) largest = fmaxf(largest, __shfl_xor_sync(kAll, largest, apart));
  const float inverse = largest > 0 ? 127.0f / largest : 0.0f;
  // Added to 1.5 · 2²³ a number is rounded to an integer, which the low bits then hold.
  constexpr float kRound = 12582912.0f;
  const uint32_t x = __float_as_uint(fmaf(values.x, inverse, kRound));
  const uint32_t y = __float_as_uint(fmaf(values.y, inverse, kRound));
  const uint32_t z = __float_as_uint(fmaf(values.z, inverse, kRound));
  const uint32_t w = __float_as_uint(fmaf(values.w, inverse, kRound));
  const uint32_t codes = __byte_perm(__byte_perm(x, y, 0x0040), __byte_perm(z, w, 0x0040), 0x5410);
  int sum = __dp4a(static_cast<int>(codes), 0x01010101, 0);
  sum += __shfl_xor_sync(kAll, sum, 1);
  sum += __shfl_xor_sync(kAll, sum, 2);
  const int other_sum = __shfl_xor_sync(kAll, sum, 4);
  if (!store) return;
  reinterpret_cast<uint32_t*>(to.codes(row, part / 4))[4 * unit + part % 4] = codes;
  if (part == 0)
    to.scales_and_sums(row)[unit] =
        make_uint2(__float_as_uint(largest / 127.0f),
                   (static_cast<uint32_t>(sum) & 0xffffu) | static_cast<uint32_t>(other_sum) << 16);
}

/// Quantises `rows` rows of `to.units` units; all threads of the block together. They meet afterwards.
__device__ inline void quantise_rows(const QuantisedRows& to, const FloatRows& from, uint32_t rows) {
  constexpr uint32_t kAtOnce = 2;  // loads that a thread has under way
  const uint32_t parts_of_row = to.units * 8;
  const uint32_t parts = rows * parts_of_row;
  for (uint32_t start = 0; start < parts; start += kAtOnce * blockDim.x) {
    float4 values[kAtOnce];
    uint32_t row[kAtOnce], part[kAtOnce];
#pragma unroll
    for (uint32_t i = 0; i < kAtOnce; ++i) {
      const uint32_t index = min(start + i * blockDim.x + threadIdx.x, parts - 1);
      row[i] = rows == 1 ? 0 : index / parts_of_row;
      part[i] = index - row[i] * parts_of_row;
      values[i] = load_four(from.row(row[i]) + 4 * part[i], from.aligned, 4);
    }
#pragma unroll
    for (uint32_t i = 0; i < kAtOnce; ++i) {
      const uint32_t index = start + i * blockDim.x + threadIdx.x;
      if (index / 32 * 32 >= parts) break;  // of a whole warp
      quantise_unit(to, row[i], part[i] / 8, part[i] % 8, values[i], index < parts);
    }
  }
  __syncthreads();
}

}  // namespace kvasir::engine::cuda
