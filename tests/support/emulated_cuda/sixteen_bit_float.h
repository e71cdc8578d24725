#pragma once

#include "tests/support/emulated_cuda/vector_types.h"

#include <cstdint>

namespace emulated_cuda {

/// A float of 16 bits that is only stored: reading makes it a float32, writing rounds.
template <class Format>
struct SixteenBitFloat {
  uint16_t bits;

  SixteenBitFloat() = default;
  SixteenBitFloat(float value) : bits(Format::round(value)) {}
  static SixteenBitFloat of_bits(uint16_t bits) {
    SixteenBitFloat made;
    made.bits = bits;
    return made;
  }
  operator float() const { return Format::widen(bits); }
};

/// Two of them as one 32-bit register holds them, x in the low half.
template <class Format>
struct alignas(4) SixteenBitPair {
  SixteenBitFloat<Format> x;
  SixteenBitFloat<Format> y;
};

}  // namespace emulated_cuda
