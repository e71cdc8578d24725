#pragma once

#include "engine/gguf/convert.h"
#include "engine/gguf/quant_blocks.h"

namespace kvasir::engine {

/// A scale or minimum as blocks hold it.
inline float scale_of(const uint8_t (&bytes)[2]) {
  return f16_to_f32(load_u16(bytes));
}

/// Write the Block::kValues weights that a block holds to `out`. Each does what its block's comment says, in
/// that order of multiplications and in float32: the values that faster code is compared with.
void dequantize(const BlockQ4_0& block, float* out);
void dequantize(const BlockQ4_1& block, float* out);
void dequantize(const BlockQ5_0& block, float* out);
void dequantize(const BlockQ5_1& block, float* out);
void dequantize(const BlockQ8_0& block, float* out);
void dequantize(const BlockIQ4_NL& block, float* out);
void dequantize(const BlockMXFP4& block, float* out);
void dequantize(const BlockQ2_K& block, float* out);
void dequantize(const BlockQ3_K& block, float* out);
void dequantize(const BlockQ4_K& block, float* out);
void dequantize(const BlockQ5_K& block, float* out);
void dequantize(const BlockQ6_K& block, float* out);
void dequantize(const BlockIQ4_XS& block, float* out);

}  // namespace kvasir::engine
