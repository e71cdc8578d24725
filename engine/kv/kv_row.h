#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kvasir::engine {

/// The numbers stand in stored blocks.
enum class KvType : uint32_t { F32 = 0, F16 = 1, Q8_0 = 2 };

/// "f32", "f16" or "q8_0".
std::string_view kv_type_name(KvType type);

// One token's latent KV in one layer, {width} values:
//
//   F32, F16  the values, one after another.
//   Q8_0      for every kKvScaleValues values (the last ones may be fewer) a scale s, and for each value x a
//             signed byte q = x / s rounded to nearest, so that x ≈ q · s and the largest |q| of a run is
//             127. First all bytes, with zeros up to a multiple of kKvScaleValues, then the scales as halves,
//             then zeros up to a multiple of kKvRowAlignment.
//
// A cache in memory and a stored block hold the same bytes (docs/formats/kv-block.md).

/// Values that share a scale in a Q8_0 row.
inline constexpr uint32_t kKvScaleValues = 32;
/// Q8_0 rows begin at multiples of this many bytes.
inline constexpr size_t kKvRowAlignment = 16;

/// The half that stands for a scale that is no number.
inline constexpr uint16_t kKvNoNumber = 0x7e00;

/// How many scales a Q8_0 row has.
constexpr uint32_t kv_row_scales(uint32_t width) {
  return (width + kKvScaleValues - 1) / kKvScaleValues;
}
/// Where the scales begin in a Q8_0 row.
constexpr size_t kv_row_scales_offset(uint32_t width) {
  return size_t{kv_row_scales(width)} * kKvScaleValues;
}

constexpr size_t kv_row_bytes(KvType type, uint32_t width) {
  switch (type) {
    case KvType::F32:
      return size_t{width} * sizeof(float);
    case KvType::F16:
      return size_t{width} * sizeof(uint16_t);
    case KvType::Q8_0:
      break;
  }
  const size_t end = kv_row_scales_offset(width) + kv_row_scales(width) * sizeof(uint16_t);
  return (end + kKvRowAlignment - 1) / kKvRowAlignment * kKvRowAlignment;
}

/// Writes {width} values as a row. Halves are rounded to nearest, ties to even. Q8_0: a run that holds
/// infinities, NaNs or values beyond the largest half × 127 gets a scale that is no number.
void encode_kv_row(KvType type, std::byte* row, const float* values, uint32_t width);

/// The {width} values that a row stands for.
void decode_kv_row(KvType type, const std::byte* row, float* values, uint32_t width);

}  // namespace kvasir::engine
