#pragma once

#include "engine/gguf/quant_blocks.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kvasir::engine::cpu {

/// Eight codes, one in each byte, the first in the lowest.
using Codes8 = uint64_t;

inline Codes8 load_8(const uint8_t* bytes) {
  Codes8 word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// (Each byte, shifted right) & mask. What comes in from the next byte must lie outside of the mask.
inline Codes8 bits_of_8(Codes8 bytes, size_t shift, uint8_t mask) {
  return bytes >> shift & mask * 0x0101010101010101u;
}

// The codes q of a block in the order of the weights, eight in a word. quant_blocks.h says where the file has
// them.

inline void codes_of(const BlockQ2_K& block, Codes8* codes) {
  for (size_t half = 0; half < 2; ++half)
    for (size_t k = 0; k < 4; ++k)
      for (size_t i = 0; i < 32; i += 8) *codes++ = bits_of_8(load_8(block.qs + 32 * half + i), 2 * k, 3);
}

inline void codes_of(const BlockQ3_K& block, Codes8* codes) {
  for (size_t half = 0; half < 2; ++half)
    for (size_t k = 0; k < 4; ++k)
      for (size_t i = 0; i < 32; i += 8)
        *codes++ = bits_of_8(load_8(block.qs + 32 * half + i), 2 * k, 3) |
                   bits_of_8(load_8(block.hmask + i), 4 * half + k, 1) << 2;
}

inline void codes_of(const BlockQ4_K& block, Codes8* codes) {
  for (size_t s = 0; s < 8; ++s)
    for (size_t i = 0; i < 32; i += 8)
      *codes++ = bits_of_8(load_8(block.qs + s / 2 * 32 + i), 4 * (s % 2), 15);
}

inline void codes_of(const BlockQ5_K& block, Codes8* codes) {
  for (size_t s = 0; s < 8; ++s)
    for (size_t i = 0; i < 32; i += 8)
      *codes++ = bits_of_8(load_8(block.qs + s / 2 * 32 + i), 4 * (s % 2), 15) |
                 bits_of_8(load_8(block.qh + i), s, 1) << 4;
}

inline void codes_of(const BlockQ6_K& block, Codes8* codes) {
  for (size_t half = 0; half < 2; ++half)
    for (size_t k = 0; k < 4; ++k)
      for (size_t i = 0; i < 32; i += 8)
        *codes++ = bits_of_8(load_8(block.ql + 64 * half + 32 * (k % 2) + i), 4 * (k / 2), 15) |
                   bits_of_8(load_8(block.qh + 32 * half + i), 2 * k, 3) << 4;
}

/// Bit i of `bits` as byte i, 0 or 1.
inline Codes8 spread(uint8_t bits) {
  const Codes8 one_in_each = bits * 0x0101010101010101u & 0x8040201008040201u;
  return bits_of_8(one_in_each + 0x7f7f7f7f7f7f7f7fu, 7, 1);
}

/// Q5_0 and Q5_1.
template <class Block>
void codes_of(const Block& block, Codes8* codes) {
  static_assert(sizeof(block.qh) == 4 && sizeof(block.qs) == 16);
  for (size_t i = 0; i < 4; ++i)
    codes[i] = bits_of_8(load_8(block.qs + i % 2 * 8), i / 2 * 4, 15) | spread(block.qh[i]) << 4;
}

/// 32 codes of `Bits` bits, in 4 · Bits bytes, so that a kernel finds them with shifts of whole registers and
/// reads memory in order. Of codes of 4 bits and more the lowest four come first, two codes in a byte: byte i
/// holds those of codes i and i + 16. Then, of codes of 2, 3 and 6 bits, two bits of each: byte i holds those
/// of codes i, i + 8, i + 16 and i + 24. Then, of codes of 3 and 5 bits, the highest bit: bit k of byte i is
/// that of code i + 4k.
template <int Bits>
void pack_32_codes(const Codes8* codes, uint8_t* out) {
  static_assert(Bits >= 2 && Bits <= 6);
  if constexpr (Bits >= 4) {
    const Codes8 pairs[2] = {bits_of_8(codes[0], 0, 15) | bits_of_8(codes[2], 0, 15) << 4,
                             bits_of_8(codes[1], 0, 15) | bits_of_8(codes[3], 0, 15) << 4};
    std::memcpy(out, pairs, sizeof pairs);
    out += sizeof pairs;
  }
  if constexpr (Bits == 2 || Bits == 3 || Bits == 6) {
    constexpr size_t kShift = Bits == 6 ? 4 : 0;
    Codes8 fours = 0;
    for (size_t k = 0; k < 4; ++k) fours |= bits_of_8(codes[k], kShift, 3) << 2 * k;
    std::memcpy(out, &fours, sizeof fours);
    out += sizeof fours;
  }
  if constexpr (Bits == 3 || Bits == 5) {
    Codes8 eights = 0;  // of codes i, i + 8, … in byte i: every second bit
    for (size_t k = 0; k < 4; ++k) eights |= bits_of_8(codes[k], Bits - 1, 1) << 2 * k;
    const auto all = static_cast<uint32_t>(eights | eights >> 32 << 1);
    std::memcpy(out, &all, sizeof all);
  }
}

/// All codes of a block in a file, 32 after 32.
template <class Block, int Bits>
void pack_codes(const std::byte* block, uint8_t* out) {
  Codes8 codes[Block::kValues / 8];
  codes_of(*reinterpret_cast<const Block*>(block), codes);
  for (size_t k = 0; k < Block::kValues; k += 32) pack_32_codes<Bits>(codes + k / 8, out + k / 8 * Bits);
}

/// Of the largest block, Q6_K's.
constexpr size_t kMostPackedBytes = 256 / 8 * 6;

}  // namespace kvasir::engine::cpu
