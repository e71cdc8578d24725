#include "engine/kv/kv_row.h"

#include "engine/gguf/convert.h"
#include "engine/ops/half.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace kvasir::engine {
namespace {

/// The largest magnitude; NaN where there is one, whose bits are above those of all numbers.
float largest_magnitude(const float* values, uint32_t count) {
  uint32_t most = 0;
  for (uint32_t i = 0; i < count; ++i)
    most = std::max(most, std::bit_cast<uint32_t>(values[i]) & 0x7fffffffu);
  return std::bit_cast<float>(most);
}

void encode_q8(std::byte* row, const float* values, uint32_t width) {
  std::memset(row, 0, kv_row_bytes(KvType::Q8_0, width));
  auto* quants = reinterpret_cast<int8_t*>(row);
  std::byte* scales = row + kv_row_scales_offset(width);
  for (uint32_t first = 0; first < width; first += kKvScaleValues) {
    const uint32_t count = std::min(kKvScaleValues, width - first);
    // Divided by the scale as it is stored, not as it was before rounding. A scale that is no number leaves
    // its bytes 0: together they are no number either.
    uint16_t half = f32_to_f16(largest_magnitude(values + first, count) / 127.0f);
    const float scale = f16_to_f32(half);
    if (!std::isfinite(scale)) half = kKvNoNumber;
    std::memcpy(scales + first / kKvScaleValues * sizeof half, &half, sizeof half);
    if (!std::isfinite(scale) || scale == 0.0f) continue;
    const float inverse = 1.0f / scale;
    for (uint32_t i = 0; i < count; ++i)
      quants[first + i] =
          static_cast<int8_t>(std::clamp(std::nearbyint(values[first + i] * inverse), -127.0f, 127.0f));
  }
}

}  // namespace

std::string_view kv_type_name(KvType type) {
  switch (type) {
    case KvType::F32:
      return "f32";
    case KvType::F16:
      return "f16";
    case KvType::Q8_0:
      return "q8_0";
  }
  return "unknown";
}

void encode_kv_row(KvType type, std::byte* row, const float* values, uint32_t width) {
  switch (type) {
    case KvType::F32:
      std::memcpy(row, values, size_t{width} * sizeof(float));
      return;
    case KvType::F16:
      for (uint32_t i = 0; i < width; ++i) {
        const uint16_t half = f32_to_f16(values[i]);
        std::memcpy(row + size_t{i} * sizeof half, &half, sizeof half);
      }
      return;
    case KvType::Q8_0:
      encode_q8(row, values, width);
  }
}

void decode_kv_row(KvType type, const std::byte* row, float* values, uint32_t width) {
  if (type != KvType::Q8_0) {
    dequantize_row(type == KvType::F32 ? DType::F32 : DType::F16, row, values, width);
    return;
  }
  const auto* quants = reinterpret_cast<const int8_t*>(row);
  const std::byte* scales = row + kv_row_scales_offset(width);
  for (uint32_t i = 0; i < width; ++i) {
    uint16_t half;
    std::memcpy(&half, scales + i / kKvScaleValues * sizeof half, sizeof half);
    values[i] = static_cast<float>(quants[i]) * f16_to_f32(half);
  }
}

}  // namespace kvasir::engine
