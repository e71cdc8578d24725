#pragma once

// Stands in for CUDA's header of this name: the type and those of its conversions that are used.
#include "engine/ops/half.h"
#include "tests/support/emulated_cuda/sixteen_bit_float.h"

#include <bit>
#include <cstdint>

namespace emulated_cuda {

inline float float_of_half(uint16_t bits) {
  const uint32_t sign = uint32_t{bits & 0x8000u} << 16;
  const uint32_t magnitude = bits & 0x7fffu;
  if (magnitude >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  // The float with the same exponent and significand fields is 2^112 times too small.
  const float value = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
}

struct HalfFormat {
  static float widen(uint16_t bits) { return float_of_half(bits); }
  static uint16_t round(float value) { return kvasir::engine::f32_to_f16(value); }
};

}  // namespace emulated_cuda

using __half = emulated_cuda::SixteenBitFloat<emulated_cuda::HalfFormat>;
using __half2 = emulated_cuda::SixteenBitPair<emulated_cuda::HalfFormat>;

inline __half __float2half_rn(float value) {
  return __half(value);
}
inline float __half2float(__half value) {
  return value;
}
inline unsigned short __half_as_ushort(__half value) {
  return value.bits;
}
inline __half __ushort_as_half(unsigned short bits) {
  return __half::of_bits(bits);
}
inline __half2 __floats2half2_rn(float low, float high) {
  return {__half(low), __half(high)};
}
