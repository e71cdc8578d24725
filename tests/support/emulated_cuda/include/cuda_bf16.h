#pragma once

// Stands in for CUDA's header of this name: the type and those of its conversions that are used.
#include "tests/support/emulated_cuda/sixteen_bit_float.h"

#include <bit>
#include <cstdint>

namespace emulated_cuda {

struct Bfloat16Format {
  static float widen(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }
  /// To nearest, ties to even; every NaN becomes the one that CUDA makes.
  static uint16_t round(float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
    return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
  }
};

}  // namespace emulated_cuda

using __nv_bfloat16 = emulated_cuda::SixteenBitFloat<emulated_cuda::Bfloat16Format>;
using __nv_bfloat162 = emulated_cuda::SixteenBitPair<emulated_cuda::Bfloat16Format>;

inline __nv_bfloat16 __float2bfloat16_rn(float value) {
  return __nv_bfloat16(value);
}
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 value) {
  return value.bits;
}
inline __nv_bfloat162 __floats2bfloat162_rn(float low, float high) {
  return {__nv_bfloat16(low), __nv_bfloat16(high)};
}
