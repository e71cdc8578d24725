#pragma once

#include "engine/cuda/device/host_device.h"
#include "engine/gguf/convert.h"
#include "engine/kv/kv_row.h"
#include "engine/ops/half.h"

#include <cmath>
#include <cstdint>

namespace kvasir::engine::cuda {

// The steps of `encode_kv_row` and `decode_kv_row`, for threads that each hold one value of a row.

/// The scale of a run of up to kKvScaleValues values in a Q8_0 row.
struct KvScale {
  uint16_t half = 0;  ///< as it is stored
  float inverse = 0;  ///< 0 where all codes are 0: a scale of 0, or one that is no number
};

/// `largest_bits`: the largest of the values' bits without their signs, which is a NaN's where there is one.
KVASIR_HOST_DEVICE inline KvScale kv_scale(uint32_t largest_bits) {
  constexpr uint32_t kInfinityBits = 0x7f800000u;
  const uint16_t half = f32_to_f16(std::bit_cast<float>(largest_bits) / 127.0f);
  const float scale = f16_to_f32(half);
  if (std::bit_cast<uint32_t>(scale) >= kInfinityBits) return {kKvNoNumber, 0.0f};
  return {half, scale == 0.0f ? 0.0f : 1.0f / scale};
}

KVASIR_HOST_DEVICE inline int8_t kv_code(float value, KvScale scale) {
  if (scale.inverse == 0.0f) return 0;
  return static_cast<int8_t>(fminf(fmaxf(rintf(value * scale.inverse), -127.0f), 127.0f));
}

/// Value `i` of a row.
KVASIR_HOST_DEVICE inline float kv_value(KvType type, const std::byte* row, uint32_t width, uint32_t i) {
  if (type == KvType::F32) return reinterpret_cast<const float*>(row)[i];
  if (type == KvType::F16) return f16_to_f32(reinterpret_cast<const uint16_t*>(row)[i]);
  const auto* scales = reinterpret_cast<const uint16_t*>(row + kv_row_scales_offset(width));
  return static_cast<float>(reinterpret_cast<const int8_t*>(row)[i]) * f16_to_f32(scales[i / kKvScaleValues]);
}

}  // namespace kvasir::engine::cuda
