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
inline unsigned int __dp4a(unsigned int a, unsigned int b, unsigned int sum) {
  for (int shift = 0; shift < 32; shift += 8) sum += ((a >> shift) & 0xff) * ((b >> shift) & 0xff);
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
inline int __popcll(unsigned long long value) {
  return std::popcount(value);
}
inline int __clz(int value) {
  return std::countl_zero(static_cast<unsigned int>(value));
}
inline int __clzll(long long value) {
  return std::countl_zero(static_cast<unsigned long long>(value));
}
/// Place of the lowest set bit, from 1; 0 where there is none.
inline int __ffs(int value) {
  return __builtin_ffs(value);
}
inline int __ffsll(long long value) {
  return __builtin_ffsll(value);
}
inline unsigned int __umulhi(unsigned int a, unsigned int b) {
  return static_cast<unsigned int>((uint64_t{a} * b) >> 32);
}
inline unsigned int __brev(unsigned int value) {
  unsigned int reversed = 0;
  for (int i = 0; i < 32; ++i) reversed |= ((value >> i) & 1u) << (31 - i);
  return reversed;
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
inline int __float_as_int(float value) {
  return std::bit_cast<int>(value);
}
inline int __float2int_rn(float value) {
  return static_cast<int>(rintf(value));
}
inline int __float2int_rz(float value) {
  return static_cast<int>(value);
}
inline float __int2float_rn(int value) {
  return static_cast<float>(value);
}
inline float __uint2float_rn(unsigned int value) {
  return static_cast<float>(value);
}

inline float __fadd_rn(float a, float b) {
  return a + b;
}
inline float __fsub_rn(float a, float b) {
  return a - b;
}
inline float __fmul_rn(float a, float b) {
  return a * b;
}
inline float __fdiv_rn(float a, float b) {
  return a / b;
}
inline float __fsqrt_rn(float value) {
  return sqrtf(value);
}
inline float __frcp_rn(float value) {
  return 1.0f / value;
}
inline float __fmaf_rn(float a, float b, float c) {
  return fmaf(a, b, c);
}
inline double __dadd_rn(double a, double b) {
  return a + b;
}
inline double __dmul_rn(double a, double b) {
  return a * b;
}
inline float __fdividef(float a, float b) {
  return a / b;
}
inline float __expf(float value) {
  return expf(value);
}
inline float __exp10f(float value) {
  return powf(10.0f, value);
}
inline float __logf(float value) {
  return logf(value);
}
inline float __log2f(float value) {
  return log2f(value);
}
inline float rsqrtf(float value) {
  return 1.0f / sqrtf(value);
}
inline double rsqrt(double value) {
  return 1.0 / sqrt(value);
}

template <class T>
T __ldg(const T* from) {
  return *from;
}
template <class T>
T __ldcg(const T* from) {
  return *from;
}
template <class T>
T __ldcs(const T* from) {
  return *from;
}
template <class T>
T __ldcv(const T* from) {
  return *from;
}
template <class T>
void __stcg(T* to, T value) {
  *to = value;
}
template <class T>
void __stcs(T* to, T value) {
  *to = value;
}

[[noreturn]] inline void __trap() {
  std::abort();
}
inline void __nanosleep(unsigned int) {}

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
