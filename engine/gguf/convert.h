#pragma once

#include "engine/gguf/dtype.h"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace kvasir::engine {

/// IEEE 754 binary16 to binary32, exact for every value; infinities and NaNs keep their payload.
inline float f16_to_f32(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fu;
  const uint32_t mantissa = half & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;  // zero and subnormals
    return sign ? -magnitude : magnitude;
  }
  const uint32_t bits = exponent == 0x1f ? sign | 0x7f800000u | mantissa << 13
                                         : sign | (exponent + (127 - 15)) << 23 | mantissa << 13;
  return std::bit_cast<float>(bits);
}

/// bfloat16 is the upper half of a binary32: exact.
inline float bf16_to_f32(uint16_t brain) {
  return std::bit_cast<float>(static_cast<uint32_t>(brain) << 16);
}

/// True for the types that `dequantize_row` understands: F32, F16, BF16 and Q8_0.
bool can_dequantize(DType type);

/// Writes the `count` values that a row holds to `out`. `row` has row_bytes(type, count) bytes and need not
/// be aligned; `count` is a multiple of the type's block; `type` is one that `can_dequantize` allows. Q8_0:
/// blocks of an F16 scale d and 32 signed bytes q; each value is d·q.
void dequantize_row(DType type, const std::byte* row, float* out, size_t count);

}  // namespace kvasir::engine
