#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kvasir::engine {

/// The blocks in which GGUF files store quantised rows, byte for byte. Every member is made of bytes, so that
/// a block may lie at any address; numbers of two and four bytes are little-endian and read by `load_u16` and
/// `load_u32`. "d" is a scale, "m" or "dmin" an offset, both IEEE binary16 unless said otherwise; "qs" holds
/// the values' low bits and "qh" those that did not fit there. `kValues` is how many weights a block holds.

inline uint16_t load_u16(const uint8_t* bytes) {
  uint16_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

inline uint32_t load_u32(const uint8_t* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// w[i] = d · (q − 8). Byte i of `qs` holds q of weight i (low nibble) and of weight i + 16 (high nibble).
struct BlockQ4_0 {
  static constexpr size_t kValues = 32;
  uint8_t d[2];
  uint8_t qs[16];
};

/// w[i] = d · q + m; nibbles as in Q4_0.
struct BlockQ4_1 {
  static constexpr size_t kValues = 32;
  uint8_t d[2];
  uint8_t m[2];
  uint8_t qs[16];
};

/// w[i] = d · (q − 16). Nibbles as in Q4_0; bit i of the number `qh` is the fifth bit of weight i.
struct BlockQ5_0 {
  static constexpr size_t kValues = 32;
  uint8_t d[2];
  uint8_t qh[4];
  uint8_t qs[16];
};

/// w[i] = d · q + m; q as in Q5_0.
struct BlockQ5_1 {
  static constexpr size_t kValues = 32;
  uint8_t d[2];
  uint8_t m[2];
  uint8_t qh[4];
  uint8_t qs[16];
};

/// w[i] = d · q with signed bytes q.
struct BlockQ8_0 {
  static constexpr size_t kValues = 32;
  uint8_t d[2];
  int8_t qs[32];
};

/// w[i] = d · table[q] with `kIq4Values`; nibbles as in Q4_0.
struct BlockIQ4_NL {
  static constexpr size_t kValues = 32;
  uint8_t d[2];
  uint8_t qs[16];
};

/// w[i] = 2^(e − 128) · table[q] with `kMxfp4Values` (twice the E2M1 numbers, hence 128); nibbles as in Q4_0.
struct BlockMXFP4 {
  static constexpr size_t kValues = 32;
  uint8_t e;
  uint8_t qs[16];
};

/// Weights 16s … 16s + 15 share scale byte s: w = d · (low nibble) · q − dmin · (high nibble). Byte i of half
/// h of `qs` (32 bytes) holds in bits 2k, 2k + 1 the q of weight 128h + 32k + i.
struct BlockQ2_K {
  static constexpr size_t kValues = 256;
  uint8_t scales[16];
  uint8_t qs[64];
  uint8_t d[2];
  uint8_t dmin[2];
};

/// Weights 16s … 16s + 15 share scale s: w = d · (scale − 32) · (q − 4). The low two bits of q lie in `qs` as
/// in Q2_K; bit 4h + k of byte i of `hmask` is the third bit of weight 128h + 32k + i. The sixteen scales of
/// 6 bits: see `q3_k_scale`.
struct BlockQ3_K {
  static constexpr size_t kValues = 256;
  uint8_t hmask[32];
  uint8_t qs[64];
  uint8_t scales[12];
  uint8_t d[2];
};

/// Weights 32s … 32s + 31 share scale and offset s: w = d · scale · q − dmin · offset. Byte i of quarter k of
/// `qs` (32 bytes) holds q of weight 64k + i (low nibble) and of weight 64k + 32 + i (high nibble). The eight
/// scales and offsets of 6 bits: see `k4_scale`.
struct BlockQ4_K {
  static constexpr size_t kValues = 256;
  uint8_t d[2];
  uint8_t dmin[2];
  uint8_t scales[12];
  uint8_t qs[128];
};

/// As Q4_K, with a fifth bit of q: bit s of byte i of `qh` belongs to weight 32s + i.
struct BlockQ5_K {
  static constexpr size_t kValues = 256;
  uint8_t d[2];
  uint8_t dmin[2];
  uint8_t scales[12];
  uint8_t qh[32];
  uint8_t qs[128];
};

/// Weights 16s … 16s + 15 share the signed scale s: w = d · scale · (q − 32). In half h (64 bytes of `ql`, 32
/// of `qh`), weight 128h + 32k + i has its low four bits in byte 32·(k mod 2) + i of `ql`, low nibble for
/// k < 2, and its high two bits in bits 2k, 2k + 1 of byte i of `qh`.
struct BlockQ6_K {
  static constexpr size_t kValues = 256;
  uint8_t ql[128];
  uint8_t qh[64];
  int8_t scales[16];
  uint8_t d[2];
};

/// Weights 32s … 32s + 31 share scale s: w = d · (scale − 32) · table[q] with `kIq4Values`. Byte i of the 16
/// that belong to s holds q of weight 32s + i (low nibble) and of weight 32s + 16 + i (high nibble). The
/// eight scales of 6 bits: see `iq4_xs_scale`.
struct BlockIQ4_XS {
  static constexpr size_t kValues = 256;
  uint8_t d[2];
  uint8_t scales_h[2];
  uint8_t scales_l[4];
  uint8_t qs[128];
};

/// What the sixteen nibbles of IQ4_NL and IQ4_XS stand for.
inline constexpr std::array<int8_t, 16> kIq4Values = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                      1,    13,   25,  38,  53,  69,  89,  113};
/// Twice the sixteen numbers of E2M1.
inline constexpr std::array<int8_t, 16> kMxfp4Values = {0, 1,  2,  3,  4,  6,  8,  12,
                                                        0, -1, -2, -3, -4, -6, -8, -12};

struct ScaleAndOffset {
  uint8_t scale;   ///< 0 … 63
  uint8_t offset;  ///< 0 … 63
};

/// Scale and offset `s` (of 8) of Q4_K and Q5_K. The first four lie in the low six bits of bytes s and s + 4;
/// of the others the low four bits lie in the nibbles of byte s + 4 and the high two on top of the first.
inline ScaleAndOffset k4_scale(const uint8_t (&scales)[12], size_t s) {
  if (s < 4) return {static_cast<uint8_t>(scales[s] & 63), static_cast<uint8_t>(scales[s + 4] & 63)};
  return {static_cast<uint8_t>((scales[s + 4] & 15) | (scales[s - 4] >> 6) << 4),
          static_cast<uint8_t>(scales[s + 4] >> 4 | (scales[s] >> 6) << 4)};
}

/// Scale `s` (of 16) of Q3_K, −32 … 31. The low four bits lie in the nibbles of bytes 0 … 7, the first eight
/// scales in the low ones; the high two in bits 2·(s / 4) of byte 8 + s mod 4.
inline int q3_k_scale(const uint8_t (&scales)[12], size_t s) {
  const int low = s < 8 ? scales[s] & 15 : scales[s - 8] >> 4;
  const int high = scales[8 + s % 4] >> 2 * (s / 4) & 3;
  return (low | high << 4) - 32;
}

/// Scale `s` (of 8) of IQ4_XS, −32 … 31.
inline int iq4_xs_scale(const BlockIQ4_XS& block, size_t s) {
  const int low = block.scales_l[s / 2] >> 4 * (s % 2) & 15;
  const int high = load_u16(block.scales_h) >> 2 * s & 3;
  return (low | high << 4) - 32;
}

static_assert(sizeof(BlockQ4_0) == 18 && alignof(BlockQ4_0) == 1);
static_assert(sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22 && sizeof(BlockQ5_1) == 24);
static_assert(sizeof(BlockQ8_0) == 34 && sizeof(BlockIQ4_NL) == 18 && sizeof(BlockMXFP4) == 17);
static_assert(sizeof(BlockQ2_K) == 84 && sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144);
static_assert(sizeof(BlockQ5_K) == 176 && sizeof(BlockQ6_K) == 210 && sizeof(BlockIQ4_XS) == 136);

}  // namespace kvasir::engine
