#pragma once

#include "engine/cuda/device/planes.h"
#include "engine/gguf/quant_blocks.h"

#include <cstddef>
#include <cstdint>

// A file's blocks into planes: the same bits at other places. (Q3_K's and IQ4_XS's scales of six bits become
// bytes.)

namespace kvasir::engine::cuda {
namespace repacking {

__device__ inline void store_u16(std::byte* to, const uint8_t (&number)[2]) {
  *reinterpret_cast<uint16_t*>(to) = static_cast<uint16_t>(number[0] | number[1] << 8);
}

/// Two bits of the weight that has number 32 · unit + i in a block, where 64 bytes hold those of all.
__device__ inline uint32_t two_bits(const uint8_t (&packed)[64], uint32_t unit, uint32_t i) {
  return packed[32 * (unit / 4) + i] >> 2 * (unit % 4) & 3u;
}
/// Four bits likewise; neighbouring units share bytes.
__device__ inline uint32_t shared_nibble(const uint8_t (&packed)[128], uint32_t unit, uint32_t i) {
  return packed[32 * (unit / 2) + i] >> 4 * (unit % 2) & 15u;
}

/// The code of weight i of unit `unit` of a block, as the file counts it.
template <DType kType, class Block>
__device__ inline uint32_t code(const Block& block, uint32_t unit, uint32_t i) {
  if constexpr (kType == DType::Q8_0) {
    return static_cast<uint8_t>(block.qs[i]);
  } else if constexpr (kType == DType::Q2_K) {
    return two_bits(block.qs, unit, i);
  } else if constexpr (kType == DType::Q3_K) {
    return two_bits(block.qs, unit, i) | (block.hmask[i] >> unit & 1u) << 2;
  } else if constexpr (kType == DType::Q4_K) {
    return shared_nibble(block.qs, unit, i);
  } else if constexpr (kType == DType::Q5_K) {
    return shared_nibble(block.qs, unit, i) | (block.qh[i] >> unit & 1u) << 4;
  } else if constexpr (kType == DType::Q6_K) {
    const uint32_t half = unit / 4, k = unit % 4;
    const uint32_t low = block.ql[64 * half + 32 * (k % 2) + i] >> 4 * (k / 2) & 15u;
    return low | two_bits(block.qh, unit, i) << 4;
  } else {
    // All others keep a unit in sixteen bytes, some with the fifth bits apart.
    const uint32_t low = block.qs[16 * unit + i % 16] >> 4 * (i / 16) & 15u;
    if constexpr (kType == DType::Q5_0 || kType == DType::Q5_1)
      return low | (block.qh[i / 8] >> i % 8 & 1u) << 4;
    else
      return low;
  }
}

/// Scale `s` of Q3_K: see `q3_k_scale`, which kernels cannot call.
__device__ inline std::byte q3_k_scale_byte(const BlockQ3_K& block, uint32_t s) {
  const int low = block.scales[s % 8] >> 4 * (s / 8) & 15;
  const int high = block.scales[8 + s % 4] >> 2 * (s / 4) & 3;
  return static_cast<std::byte>((low | high << 4) - 32);
}

/// Scale `s` of IQ4_XS: see `iq4_xs_scale`.
__device__ inline std::byte iq4_xs_scale_byte(const BlockIQ4_XS& block, uint32_t s) {
  const int low = block.scales_l[s / 2] >> 4 * (s % 2) & 15;
  const int high = block.scales_h[s / 4] >> 2 * (s % 4) & 3;
  return static_cast<std::byte>((low | high << 4) - 32);
}

/// See `k4_scale`.
template <class Block>
__device__ inline void store_six_bit_scales(const Block& block, const Planes& to) {
  SixBitScales packed{};
  packed.d = static_cast<uint16_t>(block.d[0] | block.d[1] << 8);
  packed.dmin = static_cast<uint16_t>(block.dmin[0] | block.dmin[1] << 8);
  const auto& bytes = block.scales;
  for (uint32_t s = 0; s < 8; ++s) {
    uint32_t scale = 0, offset = 0;
    if (s < 4) {
      scale = bytes[s] & 63u;
      offset = bytes[s + 4] & 63u;
    } else {
      scale = (bytes[s + 4] & 15u) | static_cast<uint32_t>(bytes[s - 4] >> 6) << 4;
      offset = static_cast<uint32_t>(bytes[s + 4] >> 4) | static_cast<uint32_t>(bytes[s] >> 6) << 4;
    }
    packed.low_scales |= (scale & 15u) << 4 * s;
    packed.low_offsets |= (offset & 15u) << 4 * s;
    packed.high |= (scale >> 4 | offset >> 4 << 2) << 4 * s;
  }
  *reinterpret_cast<SixBitScales*>(to.supers) = packed;
}
/// The unit's entry in `scales` and, where it is the first of its block, that in `supers`: see
/// `quant_format`.
template <DType kType, class Block>
__device__ inline void store_scales(const Block& block, uint32_t unit, const Planes& to) {
  if constexpr (kType == DType::Q4_K || kType == DType::Q5_K) {
    if (unit == 0) store_six_bit_scales(block, to);
  } else if constexpr (kType == DType::MXFP4) {
    to.scales[0] = std::byte{block.e};
  } else if constexpr (quant_format(kType).super_bytes == 0) {
    store_u16(to.scales, block.d);
    if constexpr (quant_format(kType).has_offset) store_u16(to.scales + 2, block.m);
  } else {
    if constexpr (kType == DType::IQ4_XS) to.scales[0] = iq4_xs_scale_byte(block, unit);
    if constexpr (quant_format(kType).halves) {
      for (uint32_t s = 2 * unit; s < 2 * unit + 2; ++s) {
        if constexpr (kType == DType::Q3_K)
          to.scales[s % 2] = q3_k_scale_byte(block, s);
        else
          to.scales[s % 2] = static_cast<std::byte>(block.scales[s]);
      }
    }
    if (unit == 0) {
      store_u16(to.supers, block.d);
      if constexpr (quant_format(kType).has_offset) store_u16(to.supers + 2, block.dmin);
    }
  }
}

}  // namespace repacking

/// Writes unit `unit` (of kValues / 32) of a file's block of type `kType` to the planes, which begin at it.
template <DType kType, class Block>
__device__ inline void repack_unit(const Block& block, uint32_t unit, const Planes& to) {
  constexpr QuantFormat kFormat = quant_format(kType);
  uint32_t low[8] = {}, high[2] = {};
  for (uint32_t i = 0; i < kUnit; ++i) {
    const uint32_t code = repacking::code<kType>(block, unit, i);
    const uint32_t pairs = 8 * (i % 4) + 2 * (i / 4 % 4);  // bits of two, in word i / 16
    if constexpr (kFormat.low_bits == 8)
      low[i / 4] |= code << 8 * (i % 4);
    else if constexpr (kFormat.low_bits == 4)
      low[i % 16 / 4] |= (code & 15u) << (8 * (i % 4) + 4 * (i / 16));
    else
      low[i / 16] |= (code & 3u) << pairs;
    if constexpr (kFormat.high_bits == 1)
      high[0] |= (code >> kFormat.low_bits) << (8 * (i % 4) + i / 4);
    else if constexpr (kFormat.high_bits == 2)
      high[i / 16] |= (code >> kFormat.low_bits) << pairs;
  }
  for (int w = 0; w < static_cast<int>(kFormat.low_bits); ++w)
    reinterpret_cast<uint32_t*>(to.low)[w] = low[w];
  for (int w = 0; w < static_cast<int>(kFormat.high_bits); ++w)
    reinterpret_cast<uint32_t*>(to.high)[w] = high[w];
  repacking::store_scales<kType>(block, unit, to);
}

}  // namespace kvasir::engine::cuda
