#pragma once

#include "engine/gguf/dtype.h"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace kvasir::engine {

/// IEEE 754 binary16 to binary32, exact for every value; infinities and NaNs keep their payload.
constexpr float f16_to_f32(uint16_t half) {
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
constexpr float bf16_to_f32(uint16_t brain) {
  return std::bit_cast<float>(static_cast<uint32_t>(brain) << 16);
}

/// True for the types that `dequantize_row` understands: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K,
/// Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS and MXFP4.
bool can_dequantize(DType type);

/// Writes the `count` values that a row holds to `out`: what its blocks (quant_blocks.h) mean, one by one,
/// the oracle of every faster kernel. `row` has row_bytes(type, count) bytes and need not be aligned; `count`
/// is a multiple of the type's block; `type` is one that `can_dequantize` allows.
void dequantize_row(DType type, const std::byte* row, float* out, size_t count);

}  // namespace kvasir::engine
