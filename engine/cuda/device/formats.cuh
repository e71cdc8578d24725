#pragma once

#include "engine/cuda/device/planes.h"

#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

// Units of quantised weights out of their planes: first the words as they stand there, which a kernel can
// have under way while it computes with others, then codes and scales.

namespace kvasir::engine::cuda {

/// A unit's words as they stand in the planes. Only what the type has is filled in.
struct RawUnit {
  uint32_t low[8];
  uint32_t high[2];
  uint32_t scales;
  uint32_t supers[4];
};

/// weight i of a unit = scales[i / 16] · (byte i of `codes`, signed − excess) + offsets[i / 16]. Both halves
/// have the same scale and offset where the format says no `halves`; offsets are zero where it has none.
struct Unit {
  uint32_t codes[8];
  float scales[2];
  float offsets[2];
};

namespace formats {

__device__ inline float half_value(uint32_t bits) {
  return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
}

__device__ inline float signed_byte(uint32_t bits) {
  return static_cast<float>(static_cast<int8_t>(bits & 0xffu));
}

/// `kWords` words from an address that is aligned to all of them together.
template <int kWords>
__device__ inline void load_words(uint32_t* words, const std::byte* from) {
  if constexpr (kWords == 1) {
    words[0] = *reinterpret_cast<const uint32_t*>(from);
  } else if constexpr (kWords == 2) {
    const uint2 both = *reinterpret_cast<const uint2*>(from);
    words[0] = both.x, words[1] = both.y;
  } else {
    static_assert(kWords % 4 == 0);
    for (int i = 0; i < kWords / 4; ++i) {
      const uint4 four = reinterpret_cast<const uint4*>(from)[i];
      words[4 * i] = four.x, words[4 * i + 1] = four.y, words[4 * i + 2] = four.z, words[4 * i + 3] = four.w;
    }
  }
}

/// An entry of one, two or four bytes.
template <int kBytes>
__device__ inline uint32_t load_entry(const std::byte* from) {
  if constexpr (kBytes == 1) return *reinterpret_cast<const uint8_t*>(from);
  if constexpr (kBytes == 2) return *reinterpret_cast<const uint16_t*>(from);
  return *reinterpret_cast<const uint32_t*>(from);
}

/// The entries of a table of sixteen bytes, {4} words, for the eight nibbles of `packed`: `low` for the
/// nibbles at bits 0, 8, 16, 24 and `high` for the others.
__device__ inline void look_up(uint32_t packed, const uint32_t (&table)[4], uint32_t& low, uint32_t& high) {
  // A selector names one of eight bytes by a nibble's low three bits; its top bit then chooses between what
  // the table's two halves have there. Each time four neighbouring nibbles.
  uint32_t found[2];
  for (int i = 0; i < 2; ++i) {
    const uint32_t nibbles = packed >> 16 * i;
    const uint32_t selector = nibbles & 0x7777u;
    const uint32_t upper_half = 0x3210u | (nibbles & 0x8888u) >> 1;
    found[i] = __byte_perm(__byte_perm(table[0], table[1], selector),
                           __byte_perm(table[2], table[3], selector), upper_half);
  }
  low = __byte_perm(found[0], found[1], 0x6420u);
  high = __byte_perm(found[0], found[1], 0x7531u);
}

/// `kIq4Values` and `kMxfp4Values` of engine/gguf/quant_blocks.h, four to a word.
template <DType kType>
__device__ inline void look_up_codes(uint32_t packed, uint32_t& low, uint32_t& high) {
  if constexpr (kType == DType::MXFP4) {
    constexpr uint32_t kTable[4] = {0x03020100u, 0x0c080604u, 0xfdfeff00u, 0xf4f8fafcu};
    look_up(packed, kTable, low, high);
  } else {
    constexpr uint32_t kTable[4] = {0xbfad9881u, 0xf6eaddcfu, 0x26190d01u, 0x71594535u};
    look_up(packed, kTable, low, high);
  }
}

template <DType kType>
__device__ inline void decode_codes(const RawUnit& raw, uint32_t (&codes)[8]) {
  constexpr QuantFormat kFormat = quant_format(kType);
  if constexpr (kFormat.is_looked_up) {
    for (int w = 0; w < 4; ++w) look_up_codes<kType>(raw.low[w], codes[w], codes[w + 4]);
  } else if constexpr (kFormat.low_bits == 8) {
    for (int w = 0; w < 8; ++w) codes[w] = raw.low[w];
  } else if constexpr (kFormat.low_bits == 4) {
    for (int w = 0; w < 4; ++w) {
      codes[w] = raw.low[w] & 0x0f0f0f0fu;
      codes[w + 4] = raw.low[w] >> 4 & 0x0f0f0f0fu;
    }
  } else {
    for (int w = 0; w < 8; ++w) codes[w] = raw.low[w / 4] >> 2 * (w % 4) & 0x03030303u;
  }
  if constexpr (kFormat.high_bits == 1) {
    constexpr uint32_t kMask = 0x01010101u << kFormat.low_bits;
    for (int w = 0; w < 8; ++w) {
      const int up = static_cast<int>(kFormat.low_bits) - w;
      codes[w] |= (up >= 0 ? raw.high[0] << (up & 31) : raw.high[0] >> (-up & 31)) & kMask;
    }
  } else if constexpr (kFormat.high_bits == 2) {
    for (int w = 0; w < 8; ++w) codes[w] |= (raw.high[w / 4] >> 2 * (w % 4) & 0x03030303u) << 4;
  }
}

/// Scales and offsets of the unit that stands `of_super`-th among those that share its entry of `supers`.
template <DType kType>
__device__ inline void decode_scales(const RawUnit& raw, uint32_t of_super, Unit& unit) {
  const uint32_t scales = raw.scales;
  if constexpr (kType == DType::Q4_K || kType == DType::Q5_K) {
    const uint32_t shift = 4 * of_super;
    const uint32_t high = raw.supers[3] >> shift;
    const uint32_t scale = (raw.supers[1] >> shift & 15u) | (high & 3u) << 4;
    const uint32_t offset = (raw.supers[2] >> shift & 15u) | (high & 12u) << 2;
    unit.scales[0] = half_value(raw.supers[0]) * static_cast<float>(scale);
    unit.offsets[0] = -(half_value(raw.supers[0] >> 16) * static_cast<float>(offset));
  } else if constexpr (kType == DType::Q2_K) {
    const float d = half_value(raw.supers[0]), dmin = half_value(raw.supers[0] >> 16);
    for (int half = 0; half < 2; ++half) {
      unit.scales[half] = d * static_cast<float>(scales >> 8 * half & 15u);
      unit.offsets[half] = -(dmin * static_cast<float>(scales >> (8 * half + 4) & 15u));
    }
  } else if constexpr (kType == DType::Q3_K || kType == DType::Q6_K) {
    const float d = half_value(raw.supers[0]);
    for (int half = 0; half < 2; ++half) unit.scales[half] = d * signed_byte(scales >> 8 * half);
  } else if constexpr (kType == DType::IQ4_XS) {
    unit.scales[0] = half_value(raw.supers[0]) * signed_byte(scales);
  } else if constexpr (kType == DType::MXFP4) {
    // 2^(e − 128); the two least are subnormal.
    unit.scales[0] = __uint_as_float(scales < 2 ? 0x00200000u << scales : (scales - 1) << 23);
  } else {
    unit.scales[0] = half_value(scales);
    if constexpr (quant_format(kType).has_offset) unit.offsets[0] = half_value(scales >> 16);
  }
}

}  // namespace formats

/// Loads unit `unit` after the one at which `planes` begin. Sixteen aligned bytes at a time.
template <DType kType>
__device__ inline RawUnit load_unit(const Planes& planes, uint32_t unit) {
  constexpr QuantFormat kFormat = quant_format(kType);
  RawUnit raw;
  formats::load_words<kFormat.low_bits>(raw.low, planes.low + size_t{unit} * (4 * kFormat.low_bits));
  if constexpr (kFormat.high_bits != 0)
    formats::load_words<kFormat.high_bits>(raw.high, planes.high + size_t{unit} * (4 * kFormat.high_bits));
  if constexpr (kFormat.scale_bytes != 0)
    raw.scales = formats::load_entry<kFormat.scale_bytes>(planes.scales + size_t{unit} * kFormat.scale_bytes);
  const std::byte* const super = planes.supers + size_t{unit / kUnitsOfSuper} * kFormat.super_bytes;
  if constexpr (kFormat.super_bytes == 16)
    formats::load_words<4>(raw.supers, super);
  else if constexpr (kFormat.super_bytes != 0)
    raw.supers[0] = formats::load_entry<kFormat.super_bytes>(super);
  return raw;
}

/// `unit` is the number that it was loaded with.
template <DType kType>
__device__ inline Unit decode_unit(const RawUnit& raw, uint32_t unit) {
  constexpr QuantFormat kFormat = quant_format(kType);
  Unit decoded;
  formats::decode_codes<kType>(raw, decoded.codes);
  decoded.offsets[0] = decoded.offsets[1] = 0;
  formats::decode_scales<kType>(raw, unit % kUnitsOfSuper, decoded);
  if constexpr (!kFormat.halves) {
    decoded.scales[1] = decoded.scales[0];
    decoded.offsets[1] = decoded.offsets[0];
  }
  return decoded;
}

/// Byte `i` (a constant) of a word of codes less the format's excess, exactly.
template <DType kType>
__device__ inline float code_value(uint32_t codes, uint32_t i) {
  // A byte u in the last place of 2²³ is the float 2²³ + u: cheaper than a conversion. Signed bytes + 128.
  constexpr uint32_t kTwoTo23 = 0x4b000000u;
  constexpr float kZero = 8388608.0f + 128.0f + static_cast<float>(quant_format(kType).excess);
  const uint32_t bits = __byte_perm(codes ^ 0x80808080u, kTwoTo23, 0x7440u | i);
  return __uint_as_float(bits) - kZero;
}

}  // namespace kvasir::engine::cuda
