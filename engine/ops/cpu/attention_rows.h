#pragma once

// Rows of the cache as floats. Written on `Simd`, see attention_tiles.h.

#include "engine/ops/cpu/attention_buffers.h"

namespace kvasir::engine::cpu {
namespace {

constexpr uint32_t kLanes = Simd::kLanes;
constexpr uint32_t kChunk = 2 * kLanes;  ///< values that become elements together

struct RowF32 {
  static F load(const std::byte* row, const std::byte*, uint32_t col) {
    return Simd::load(reinterpret_cast<const float*>(row) + col);
  }
  static float value(const std::byte* row, const std::byte*, uint32_t col) {
    return reinterpret_cast<const float*>(row)[col];
  }
};

struct RowF16 {
  static F load(const std::byte* row, const std::byte*, uint32_t col) {
    return Simd::load_f16(row + size_t{col} * 2);
  }
  static float value(const std::byte* row, const std::byte*, uint32_t col) {
    return Simd::f16(row + size_t{col} * 2);
  }
};

struct RowQ8 {
  static F load(const std::byte* row, const std::byte* scales, uint32_t col) {
    return Simd::mul(Simd::set1(Simd::f16(scales + col / kKvScaleValues * 2)), Simd::load_i8(row + col));
  }
  static float value(const std::byte* row, const std::byte* scales, uint32_t col) {
    return Simd::f16(scales + col / kKvScaleValues * 2) * static_cast<float>(static_cast<int8_t>(row[col]));
  }
};

/// values {round_up(width, kChunk)}: the row, then zeros.
template <class Row>
void decode_as(float* values, const std::byte* row, const std::byte* scales, uint32_t width) {
  uint32_t col = 0;
  for (; col + kLanes <= width; col += kLanes) Simd::store(values + col, Row::load(row, scales, col));
  for (; col < width; ++col) values[col] = Row::value(row, scales, col);
  for (; col < round_up(width, kChunk); ++col) values[col] = 0.0f;
}

/// Row `index`, or zeros behind the last one.
void decode_row(float* values, const LatentRows& rows, uint32_t index, uint32_t width) {
  const std::byte* row = rows.first + index * rows.stride_bytes;
  if (index >= rows.count)
    for (uint32_t col = 0; col < round_up(width, kChunk); ++col) values[col] = 0.0f;
  else if (rows.type == KvType::F32)
    decode_as<RowF32>(values, row, nullptr, width);
  else if (rows.type == KvType::F16)
    decode_as<RowF16>(values, row, nullptr, width);
  else
    decode_as<RowQ8>(values, row, row + rows.scales_offset, width);
}

}  // namespace
}  // namespace kvasir::engine::cpu
