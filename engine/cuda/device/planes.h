#pragma once

#include "engine/cuda/device/host_device.h"
#include "engine/cuda/device_matrix.h"
#include "engine/gguf/dtype.h"

#include <cstddef>
#include <cstdint>

// Where quantised weights stand in device memory. Files interleave codes and scales in blocks of odd sizes;
// here they stand apart, in planes, so that every lane of a warp loads aligned words and neighbouring lanes
// neighbouring words. Rows are cut into units of 32 weights; a plane holds the same number of bytes for every
// unit (or every eight of them) of all rows of all matrices, one after another.

namespace kvasir::engine::cuda {

/// Weights of a unit.
constexpr uint32_t kUnit = 32;
/// Units that share an entry of the plane `supers`, in types that have one.
constexpr uint32_t kUnitsOfSuper = 8;

/// How a quantised type's weights are made: weight = scale · (code − excess) + offset.
struct QuantFormat {
  uint32_t low_bits = 0;     ///< of a code in the plane `low`: 2, 4 or 8; 0: the type is not quantised
  uint32_t high_bits = 0;    ///< of a code in the plane `high`, above the low ones: 0, 1 or 2
  uint32_t scale_bytes = 0;  ///< of a unit in the plane `scales`
  uint32_t super_bytes = 0;  ///< of 256 weights in the plane `supers`
  int excess = 0;
  bool halves = false;        ///< a unit's halves of 16 weights have scales (and offsets) of their own
  bool has_offset = false;    ///< else offsets are zero
  bool is_looked_up = false;  ///< 4-bit codes stand for the entries of a table
};

KVASIR_HOST_DEVICE constexpr QuantFormat quant_format(DType type) {
  // The planes' entries, d and m standing for binary16 numbers as in quant_blocks.h:
  switch (type) {
    case DType::Q4_0:  // scales: d
      return {.low_bits = 4, .scale_bytes = 2, .excess = 8};
    case DType::Q4_1:  // scales: d, m
      return {.low_bits = 4, .scale_bytes = 4, .has_offset = true};
    case DType::Q5_0:  // scales: d
      return {.low_bits = 4, .high_bits = 1, .scale_bytes = 2, .excess = 16};
    case DType::Q5_1:  // scales: d, m
      return {.low_bits = 4, .high_bits = 1, .scale_bytes = 4, .has_offset = true};
    case DType::Q8_0:  // scales: d
      return {.low_bits = 8, .scale_bytes = 2};
    case DType::IQ4_NL:  // scales: d
      return {.low_bits = 4, .scale_bytes = 2, .is_looked_up = true};
    case DType::MXFP4:  // scales: the exponent's byte
      return {.low_bits = 4, .scale_bytes = 1, .is_looked_up = true};
    case DType::Q2_K:  // scales: a byte of two nibbles for each half; supers: d, dmin
      return {.low_bits = 2, .scale_bytes = 2, .super_bytes = 4, .halves = true, .has_offset = true};
    case DType::Q3_K:  // scales: a signed byte for each half; supers: d
      return {.low_bits = 2, .high_bits = 1, .scale_bytes = 2, .super_bytes = 2, .excess = 4, .halves = true};
    case DType::Q4_K:  // supers: see SixBitScales
      return {.low_bits = 4, .super_bytes = 16, .has_offset = true};
    case DType::Q5_K:  // supers: see SixBitScales
      return {.low_bits = 4, .high_bits = 1, .super_bytes = 16, .has_offset = true};
    case DType::Q6_K:  // scales: a signed byte for each half; supers: d
      return {
          .low_bits = 4, .high_bits = 2, .scale_bytes = 2, .super_bytes = 2, .excess = 32, .halves = true};
    case DType::IQ4_XS:  // scales: a signed byte; supers: d
      return {.low_bits = 4, .scale_bytes = 1, .super_bytes = 2, .is_looked_up = true};
    default:
      return {};
  }
}

/// True where weights of a type stand in planes: for all quantised types that can be computed with.
KVASIR_HOST_DEVICE constexpr bool is_in_planes(DType type) {
  return quant_format(type).low_bits != 0;
}

/// The entry of `supers` of Q4_K and Q5_K: sixteen bytes. Nibble s of `low_scales` (`low_offsets`) is the low
/// four bits of unit s's scale (offset); nibble s of `high` holds the high two bits of its scale and, above
/// them, those of its offset.
struct SixBitScales {
  uint16_t d;
  uint16_t dmin;
  uint32_t low_scales;
  uint32_t low_offsets;
  uint32_t high;
};
static_assert(sizeof(SixBitScales) == 16);

/// Four planes in device memory, or what begins at a certain row of them. What stands for a unit:
///   low   4 · low_bits bytes. Four bits: byte j holds the code of weight j in its low nibble and that of
///         weight j + 16 in its high one. Two bits: bits 2k, 2k + 1 of byte j of word w (of two) belong to
///         weight 16w + 4k + j. Eight bits: byte j belongs to weight j.
///   high  4 · high_bits bytes. Two bits: as in `low`. One bit: bit k of byte j belongs to weight 4k + j.
///   scales, supers  see `quant_format`
struct Planes {
  std::byte* low = nullptr;
  std::byte* high = nullptr;
  std::byte* scales = nullptr;
  std::byte* supers = nullptr;

  /// What begins `units` units further on, a multiple of eight where there are supers.
  KVASIR_HOST_DEVICE Planes from(DType type, size_t units) const {
    const QuantFormat format = quant_format(type);
    return {low + units * (4 * format.low_bits), high + units * (4 * format.high_bits),
            scales + units * format.scale_bytes, supers + units / kUnitsOfSuper * format.super_bytes};
  }
};

/// Where the planes of a weight begin after its `data`, in bytes. Its type is_in_planes.
struct PlaneOffsets {
  size_t high = 0;
  size_t scales = 0;
  size_t supers = 0;
  size_t end = 0;
};

inline PlaneOffsets plane_offsets(const DeviceMatrix& weight) {
  constexpr size_t kAlignment = 256;
  const auto aligned = [](size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; };
  const QuantFormat format = quant_format(weight.type);
  const size_t units = size_t{weight.matrices} * weight.rows * (weight.cols / kUnit);
  PlaneOffsets offsets;
  offsets.high = aligned(units * (4 * format.low_bits));
  offsets.scales = offsets.high + aligned(units * (4 * format.high_bits));
  offsets.supers = offsets.scales + aligned(units * format.scale_bytes);
  offsets.end = offsets.supers + aligned(units / kUnitsOfSuper * format.super_bytes);
  return offsets;
}

/// The planes of a weight, whose type is_in_planes; `data` where it is not. `repack` alone writes to them.
inline Planes planes_of(const DeviceMatrix& weight) {
  std::byte* const data = const_cast<std::byte*>(weight.data);
  if (!is_in_planes(weight.type)) return {data, data, data, data};
  const PlaneOffsets offsets = plane_offsets(weight);
  return {data, data + offsets.high, data + offsets.scales, data + offsets.supers};
}

/// Bytes of device memory that a weight takes; its `data` does not matter.
inline size_t device_bytes(const DeviceMatrix& weight) {
  if (is_in_planes(weight.type)) return plane_offsets(weight).end;
  return size_t{weight.matrices} * weight.rows * row_bytes(weight.type, weight.cols);
}

}  // namespace kvasir::engine::cuda
