#pragma once

#include "tests/support/emulated_cuda/vector_types.h"

#include <math.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// What one thread computes by itself. Where a device's own function is less precise than the C library's
// (__expf and its like), the C library's stands in.

inline int __dp4a(int a, int b, int sum) {
  for (int shift = 0; shift < 32; shift += 8)
    sum += static_cast<int8_t>(a >> shift) * static_cast<int8_t>(b >> shift);
  return sum;
}
/// Byte i of the result is byte (selector >> 4i) & 7 of b:a; with bit 3 set, that byte's sign instead.
inline unsigned int __byte_perm(unsigned int a, unsigned int b, unsigned int selector) {
  const uint64_t bytes = uint64_t{b} << 32 | a;
  unsigned int result = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned int choice = selector >> (4 * i);
    unsigned int byte = static_cast<unsigned int>(bytes >> (8 * (choice & 7))) & 0xff;
    if (choice & 8) byte = byte & 0x80 ? 0xff : 0;
    result |= byte << (8 * i);
  }
  return result;
}
inline int __popc(unsigned int value) {
  return std::popcount(value);
}

inline float __uint_as_float(unsigned int bits) {
  return std::bit_cast<float>(bits);
}
inline unsigned int __float_as_uint(float value) {
  return std::bit_cast<unsigned int>(value);
}
inline float __int_as_float(int bits) {
  return std::bit_cast<float>(bits);
}

inline float __expf(float value) {
  return expf(value);
}

template <class T>
T __ldcg(const T* from) {
  return *from;
}

[[noreturn]] inline void __trap() {
  std::abort();
}

// CUDA has these without a namespace.
inline int min(int a, int b) {
  return std::min(a, b);
}
inline int max(int a, int b) {
  return std::max(a, b);
}
inline unsigned int min(unsigned int a, unsigned int b) {
  return std::min(a, b);
}
inline unsigned int max(unsigned int a, unsigned int b) {
  return std::max(a, b);
}
inline unsigned long min(unsigned long a, unsigned long b) {
  return std::min(a, b);
}
inline unsigned long max(unsigned long a, unsigned long b) {
  return std::max(a, b);
}
inline long min(long a, long b) {
  return std::min(a, b);
}
inline long max(long a, long b) {
  return std::max(a, b);
}
inline float min(float a, float b) {
  return fminf(a, b);
}
inline float max(float a, float b) {
  return fmaxf(a, b);
}
