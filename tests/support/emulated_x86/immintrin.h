#pragma once

// The intrinsics of AVX-512 and AVX-VNNI that Kvasir's kernels use, computed with AVX2: so that these kernels
// are tested on machines that do not have the instructions. It stands before the compiler's header of this
// name, and gives each intrinsic's own name to a function here. Semantics are those of Intel's Intrinsics
// Guide; of masks only the forms that are used are there.

#include_next <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace emulated_x86 {

/// A vector as its lanes.
template <class T, size_t kBytes = 64>
struct Lanes {
  static constexpr int kCount = kBytes / sizeof(T);
  T at[kCount];
};
template <class T, class Vector>
inline Lanes<T, sizeof(Vector)> lanes(Vector v) {
  Lanes<T, sizeof(Vector)> x;
  static_assert(sizeof(x) == sizeof(v));
  __builtin_memcpy(&x, &v, sizeof(x));
  return x;
}
template <class Vector, class Lanes>
inline Vector vector(const Lanes& x) {
  Vector v;
  static_assert(sizeof(x) == sizeof(v));
  __builtin_memcpy(&v, &x, sizeof(v));
  return v;
}

/// f(lane) or f(lane of a, lane of b) for every lane of type T.
template <class T, class F>
inline __m512i map(__m512i a, F f) {
  auto x = lanes<T>(a);
  for (T& value : x.at) value = static_cast<T>(f(value));
  return vector<__m512i>(x);
}
template <class T, class F>
inline __m512i map(__m512i a, __m512i b, F f) {
  auto x = lanes<T>(a);
  const auto y = lanes<T>(b);
  for (int i = 0; i < x.kCount; ++i) x.at[i] = static_cast<T>(f(x.at[i], y.at[i]));
  return vector<__m512i>(x);
}
/// The first lanes of `a`, as many as fit, each as f(lane).
template <class To, class From, class Vector, class Narrow, class F>
inline Vector widen(Narrow a, F f) {
  const auto x = lanes<From>(a);
  Lanes<To, sizeof(Vector)> y;
  for (int i = 0; i < y.kCount; ++i) y.at[i] = static_cast<To>(f(x.at[i]));
  return vector<Vector>(y);
}

struct Halves {
  __m256 low, high;
};
inline Halves halves(__m512 v) {
  return vector<Halves>(lanes<float>(v));
}
inline __m512 whole(__m256 low, __m256 high) {
  return vector<__m512>(Halves{low, high});
}
struct IntegerHalves {
  __m256i low, high;
};
inline IntegerHalves halves(__m512i v) {
  return vector<IntegerHalves>(lanes<int>(v));
}
inline __m512i whole(__m256i low, __m256i high) {
  return vector<__m512i>(IntegerHalves{low, high});
}

// ---- Floats

inline __m512 set1_ps(float x) {
  return whole(_mm256_set1_ps(x), _mm256_set1_ps(x));
}
inline __m512 setzero_ps() {
  return set1_ps(0.0f);
}
inline __m512 loadu_ps(const void* p) {
  const auto* values = static_cast<const float*>(p);
  return whole(_mm256_loadu_ps(values), _mm256_loadu_ps(values + 8));
}
inline void storeu_ps(void* p, __m512 v) {
  __builtin_memcpy(p, &v, sizeof(v));
}
inline __m512 maskz_loadu_ps(__mmask16 mask, const void* p) {
  Lanes<float> x = {};
  for (int i = 0; i < x.kCount; ++i)
    if ((mask >> i & 1) != 0) __builtin_memcpy(x.at + i, static_cast<const float*>(p) + i, sizeof(float));
  return vector<__m512>(x);
}
inline void mask_storeu_ps(void* p, __mmask16 mask, __m512 v) {
  const auto x = lanes<float>(v);
  for (int i = 0; i < x.kCount; ++i)
    if ((mask >> i & 1) != 0) __builtin_memcpy(static_cast<float*>(p) + i, x.at + i, sizeof(float));
}
/// An operation on two vectors, done by AVX2 on their halves.
#define KVASIR_BY_HALVES(Vector, name)                                        \
  inline Vector name(Vector a, Vector b) {                                    \
    const auto x = halves(a), y = halves(b);                                  \
    return whole(_mm256_##name(x.low, y.low), _mm256_##name(x.high, y.high)); \
  }
KVASIR_BY_HALVES(__m512, add_ps)
KVASIR_BY_HALVES(__m512, sub_ps)
KVASIR_BY_HALVES(__m512, mul_ps)
KVASIR_BY_HALVES(__m512, div_ps)
KVASIR_BY_HALVES(__m512, max_ps)
KVASIR_BY_HALVES(__m512, min_ps)
KVASIR_BY_HALVES(__m512, xor_ps)
inline __m512 fmadd_ps(__m512 a, __m512 b, __m512 c) {
  const Halves x = halves(a), y = halves(b), z = halves(c);
  return whole(_mm256_fmadd_ps(x.low, y.low, z.low), _mm256_fmadd_ps(x.high, y.high, z.high));
}
inline __m512 fnmadd_ps(__m512 a, __m512 b, __m512 c) {
  const Halves x = halves(a), y = halves(b), z = halves(c);
  return whole(_mm256_fnmadd_ps(x.low, y.low, z.low), _mm256_fnmadd_ps(x.high, y.high, z.high));
}
template <int kPredicate>
inline __mmask16 cmp_ps_mask(__m512 a, __m512 b) {
  const Halves x = halves(a), y = halves(b);
  const int low = _mm256_movemask_ps(_mm256_cmp_ps(x.low, y.low, kPredicate));
  const int high = _mm256_movemask_ps(_mm256_cmp_ps(x.high, y.high, kPredicate));
  return static_cast<__mmask16>(low | high << 8);
}
inline __m512 mask_mov_ps(__m512 otherwise, __mmask16 mask, __m512 v) {
  auto x = lanes<float>(otherwise);
  const auto y = lanes<float>(v);
  for (int i = 0; i < x.kCount; ++i)
    if ((mask >> i & 1) != 0) x.at[i] = y.at[i];
  return vector<__m512>(x);
}
inline __m512 maskz_mov_ps(__mmask16 mask, __m512 v) {
  return mask_mov_ps(setzero_ps(), mask, v);
}
inline __m512 maskz_div_ps(__mmask16 mask, __m512 a, __m512 b) {
  return maskz_mov_ps(mask, div_ps(a, b));
}
template <int kRounding>
inline __m512 roundscale_ps(__m512 v) {
  static_assert(kRounding < 16, "no digits behind the point");
  const Halves x = halves(v);
  return whole(_mm256_round_ps(x.low, kRounding), _mm256_round_ps(x.high, kRounding));
}
inline __m512 scalef_ps(__m512 a, __m512 b) {
  auto x = lanes<float>(a);
  const auto y = lanes<float>(b);
  for (int i = 0; i < x.kCount; ++i) {
    const float power = y.at[i] > 300 ? 300.0f : y.at[i] < -300 ? -300.0f : y.at[i];
    x.at[i] = power != power ? power : __builtin_ldexpf(x.at[i], static_cast<int>(__builtin_floorf(power)));
  }
  return vector<__m512>(x);
}
inline __m256 castps512_ps256(__m512 v) {
  return halves(v).low;
}
template <int kHalf>
inline __m256 extractf32x8_ps(__m512 v) {
  return kHalf == 0 ? halves(v).low : halves(v).high;
}

// ---- Conversions

inline __m512i castps_si512(__m512 v) {
  return vector<__m512i>(lanes<int>(v));
}
inline __m512 castsi512_ps(__m512i v) {
  return vector<__m512>(lanes<int>(v));
}
inline __m512 cvtph_ps(__m256i v) {
  return whole(_mm256_cvtph_ps(_mm256_castsi256_si128(v)), _mm256_cvtph_ps(_mm256_extracti128_si256(v, 1)));
}
template <int kRounding>
inline __m256i cvtps_ph(__m512 v) {
  const Halves x = halves(v);
  return _mm256_set_m128i(_mm256_cvtps_ph(x.high, kRounding), _mm256_cvtps_ph(x.low, kRounding));
}
inline __m512 cvtepi32_ps(__m512i v) {
  const IntegerHalves x = halves(v);
  return whole(_mm256_cvtepi32_ps(x.low), _mm256_cvtepi32_ps(x.high));
}
inline __m512i cvtps_epi32(__m512 v) {
  const Halves x = halves(v);
  return whole(_mm256_cvtps_epi32(x.low), _mm256_cvtps_epi32(x.high));
}
inline __m512i cvtps_epu32(__m512 v) {
  return widen<uint32_t, float, __m512i>(v, [](float x) {
    const float rounded = __builtin_rintf(x);
    return rounded >= 0 && rounded < 4294967296.0f ? static_cast<uint32_t>(rounded) : 0xffffffffu;
  });
}
inline __m512i cvtepi8_epi32(__m128i v) {
  return widen<int32_t, int8_t, __m512i>(v, [](int8_t x) { return x; });
}
inline __m512i cvtepu8_epi32(__m128i v) {
  return widen<int32_t, uint8_t, __m512i>(v, [](uint8_t x) { return x; });
}
inline __m512i cvtepu16_epi32(__m256i v) {
  return widen<int32_t, uint16_t, __m512i>(v, [](uint16_t x) { return x; });
}
inline __m128i cvtepi32_epi8(__m512i v) {
  return widen<int8_t, int32_t, __m128i>(v, [](int32_t x) { return x; });
}
inline __m128i cvtepi16_epi8(__m256i v) {
  return widen<int8_t, int16_t, __m128i>(v, [](int16_t x) { return x; });
}
inline int32_t cvtsi512_si32(__m512i v) {
  return lanes<int32_t>(v).at[0];
}

/// Rounded to nearest, ties to even; subnormals count as 0.
inline uint16_t bf16_of(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(bits >> 16 | 0x40u);
  if (magnitude < 0x00800000u) return static_cast<uint16_t>(bits >> 16 & 0x8000u);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
inline __m512bh cvtne2ps_pbh(__m512 high, __m512 low) {
  const auto upper = lanes<float>(high), lower = lanes<float>(low);
  Lanes<uint16_t> x;
  for (int i = 0; i < 16; ++i) {
    x.at[i] = bf16_of(lower.at[i]);
    x.at[16 + i] = bf16_of(upper.at[i]);
  }
  return vector<__m512bh>(x);
}
/// The odd ones of each pair first. Subnormals, which the processor takes for 0, are multiplied.
inline __m256 dot_pairs(__m256 sums, __m256i a, __m256i b) {
  const auto odd = [](__m256i x) {
    return _mm256_castsi256_ps(_mm256_and_si256(x, _mm256_set1_epi32(static_cast<int>(0xffff0000u))));
  };
  const auto even = [](__m256i x) { return _mm256_castsi256_ps(_mm256_slli_epi32(x, 16)); };
  return _mm256_fmadd_ps(even(a), even(b), _mm256_fmadd_ps(odd(a), odd(b), sums));
}
inline __m512 dpbf16_ps(__m512 sums, __m512bh a, __m512bh b) {
  const Halves s = halves(sums);
  const IntegerHalves x = vector<IntegerHalves>(lanes<int>(a)), y = vector<IntegerHalves>(lanes<int>(b));
  return whole(dot_pairs(s.low, x.low, y.low), dot_pairs(s.high, x.high, y.high));
}

// ---- Integers

inline __m512i setzero_si512() {
  return vector<__m512i>(Lanes<int32_t>{});
}
inline __m512i set1_epi8(int8_t x) {
  return map<int8_t>(setzero_si512(), [x](int8_t) { return x; });
}
inline __m512i set1_epi16(int16_t x) {
  return map<int16_t>(setzero_si512(), [x](int16_t) { return x; });
}
inline __m512i set1_epi32(int32_t x) {
  return map<int32_t>(setzero_si512(), [x](int32_t) { return x; });
}
inline __m512i maskz_set1_epi32(__mmask16 mask, int32_t x) {
  Lanes<int32_t> v = {};
  for (int i = 0; i < v.kCount; ++i) v.at[i] = (mask >> i & 1) != 0 ? x : 0;
  return vector<__m512i>(v);
}
/// The last value is lane 0.
template <class... X>
inline __m512i set_epi32(X... values) {
  const int32_t backwards[16] = {values...};
  Lanes<int32_t> x;
  for (int i = 0; i < x.kCount; ++i) x.at[i] = backwards[15 - i];
  return vector<__m512i>(x);
}
inline __m512i set4_epi32(int32_t d, int32_t c, int32_t b, int32_t a) {
  return set_epi32(d, c, b, a, d, c, b, a, d, c, b, a, d, c, b, a);
}
inline __m512i loadu_si512(const void* p) {
  __m512i v;
  __builtin_memcpy(&v, p, sizeof(v));
  return v;
}
inline void storeu_si512(void* p, __m512i v) {
  __builtin_memcpy(p, &v, sizeof(v));
}
inline void store_si512(void* p, __m512i v) {
  if (reinterpret_cast<uintptr_t>(p) % 64 != 0) __builtin_trap();
  storeu_si512(p, v);
}
inline __m512i maskz_loadu_epi8(__mmask64 mask, const void* p) {
  Lanes<int8_t> x = {};
  for (int i = 0; i < x.kCount; ++i)
    if ((mask >> i & 1) != 0) x.at[i] = static_cast<const int8_t*>(p)[i];
  return vector<__m512i>(x);
}
inline __m256i maskz_loadu_epi16(__mmask16 mask, const void* p) {
  Lanes<int16_t, 32> x = {};
  for (int i = 0; i < x.kCount; ++i)
    if ((mask >> i & 1) != 0) __builtin_memcpy(x.at + i, static_cast<const int16_t*>(p) + i, sizeof(int16_t));
  return vector<__m256i>(x);
}
inline void mask_storeu_epi16(void* p, __mmask16 mask, __m256i v) {
  const auto x = lanes<int16_t>(v);
  for (int i = 0; i < x.kCount; ++i)
    if ((mask >> i & 1) != 0) __builtin_memcpy(static_cast<int16_t*>(p) + i, x.at + i, sizeof(int16_t));
}
inline __m512i add_epi8(__m512i a, __m512i b) {
  return map<uint8_t>(a, b, [](int x, int y) { return x + y; });
}
inline __m512i add_epi16(__m512i a, __m512i b) {
  return map<uint16_t>(a, b, [](int x, int y) { return x + y; });
}
inline __m512i add_epi32(__m512i a, __m512i b) {
  return map<uint32_t>(a, b, [](uint32_t x, uint32_t y) { return x + y; });
}
inline __m512i sub_epi16(__m512i a, __m512i b) {
  return map<uint16_t>(a, b, [](int x, int y) { return x - y; });
}
inline __m512i sub_epi32(__m512i a, __m512i b) {
  return map<uint32_t>(a, b, [](uint32_t x, uint32_t y) { return x - y; });
}
inline __m512i mullo_epi16(__m512i a, __m512i b) {
  return map<uint16_t>(a, b, [](uint32_t x, uint32_t y) { return x * y; });
}
inline __m512i mulhi_epu16(__m512i a, __m512i b) {
  return map<uint16_t>(a, b, [](uint32_t x, uint32_t y) { return x * y >> 16; });
}
inline __m512i max_epu32(__m512i a, __m512i b) {
  return map<uint32_t>(a, b, [](uint32_t x, uint32_t y) { return x > y ? x : y; });
}
inline __m512i and_si512(__m512i a, __m512i b) {
  return map<uint64_t>(a, b, [](uint64_t x, uint64_t y) { return x & y; });
}
inline __m512i andnot_si512(__m512i a, __m512i b) {
  return map<uint64_t>(a, b, [](uint64_t x, uint64_t y) { return ~x & y; });
}
inline __m512i or_si512(__m512i a, __m512i b) {
  return map<uint64_t>(a, b, [](uint64_t x, uint64_t y) { return x | y; });
}
inline __m512i xor_si512(__m512i a, __m512i b) {
  return map<uint64_t>(a, b, [](uint64_t x, uint64_t y) { return x ^ y; });
}
/// Bit 4a + 2b + c of the table for bits a, b, c.
template <int kTable>
inline __m512i ternarylogic_epi32(__m512i a, __m512i b, __m512i c) {
  const auto x = lanes<uint64_t>(a), y = lanes<uint64_t>(b), z = lanes<uint64_t>(c);
  Lanes<uint64_t> out = {};
  for (int i = 0; i < out.kCount; ++i)
    for (int row = 0; row < 8; ++row)
      if ((kTable >> row & 1) != 0)
        out.at[i] |= ((row & 4) != 0 ? x.at[i] : ~x.at[i]) & ((row & 2) != 0 ? y.at[i] : ~y.at[i]) &
                     ((row & 1) != 0 ? z.at[i] : ~z.at[i]);
  return vector<__m512i>(out);
}
inline __m512i slli_epi16(__m512i a, unsigned count) {
  return map<uint16_t>(a, [count](uint32_t x) { return count < 16 ? x << count : 0; });
}
inline __m512i srli_epi16(__m512i a, unsigned count) {
  return map<uint16_t>(a, [count](uint32_t x) { return count < 16 ? x >> count : 0; });
}
inline __m512i slli_epi32(__m512i a, unsigned count) {
  return map<uint32_t>(a, [count](uint32_t x) { return count < 32 ? x << count : 0; });
}
inline __m512i srai_epi32(__m512i a, unsigned count) {
  return map<int32_t>(a, [count](int32_t x) { return x >> (count < 32 ? count : 31); });
}
inline __m512i sllv_epi32(__m512i a, __m512i counts) {
  return map<uint32_t>(a, counts, [](uint32_t x, uint32_t count) { return count < 32 ? x << count : 0; });
}
inline __mmask16 cmplt_epi32_mask(__m512i a, __m512i b) {
  const auto x = lanes<int32_t>(a), y = lanes<int32_t>(b);
  int mask = 0;
  for (int i = 0; i < x.kCount; ++i) mask |= (x.at[i] < y.at[i] ? 1 : 0) << i;
  return static_cast<__mmask16>(mask);
}
inline __mmask16 test_epi32_mask(__m512i a, __m512i b) {
  const auto x = lanes<int32_t>(and_si512(a, b));
  int mask = 0;
  for (int i = 0; i < x.kCount; ++i) mask |= (x.at[i] != 0 ? 1 : 0) << i;
  return static_cast<__mmask16>(mask);
}
inline __m512i mask_mov_epi32(__m512i otherwise, __mmask16 mask, __m512i v) {
  return castps_si512(mask_mov_ps(castsi512_ps(otherwise), mask, castsi512_ps(v)));
}
inline int32_t reduce_add_epi32(__m512i v) {
  uint32_t sum = 0;
  for (const uint32_t x : lanes<uint32_t>(v).at) sum += x;
  return static_cast<int32_t>(sum);
}
inline uint32_t reduce_max_epu32(__m512i v) {
  uint32_t most = 0;
  for (const uint32_t x : lanes<uint32_t>(v).at) most = most < x ? x : most;
  return most;
}
/// sums + Σ of four products of unsigned by signed bytes.
inline __m256i dot_bytes(__m256i sums, __m256i unsigned_bytes, __m256i signed_bytes) {
  const __m256i even = _mm256_madd_epi16(_mm256_and_si256(unsigned_bytes, _mm256_set1_epi16(0xff)),
                                         _mm256_srai_epi16(_mm256_slli_epi16(signed_bytes, 8), 8));
  const __m256i odd =
      _mm256_madd_epi16(_mm256_srli_epi16(unsigned_bytes, 8), _mm256_srai_epi16(signed_bytes, 8));
  return _mm256_add_epi32(sums, _mm256_add_epi32(even, odd));
}
inline __m512i dpbusd_epi32(__m512i sums, __m512i unsigned_bytes, __m512i signed_bytes) {
  const IntegerHalves s = halves(sums), x = halves(unsigned_bytes), y = halves(signed_bytes);
  return whole(dot_bytes(s.low, x.low, y.low), dot_bytes(s.high, x.high, y.high));
}

// ---- Order

inline __m512i broadcast_i32x4(__m128i v) {
  const __m256i half = _mm256_broadcastsi128_si256(v);
  return whole(half, half);
}
KVASIR_BY_HALVES(__m512i, shuffle_epi8)
KVASIR_BY_HALVES(__m512i, unpacklo_epi8)
KVASIR_BY_HALVES(__m512i, unpackhi_epi8)
KVASIR_BY_HALVES(__m512i, unpacklo_epi16)
KVASIR_BY_HALVES(__m512i, unpackhi_epi16)
#undef KVASIR_BY_HALVES
inline __m512i permutexvar_epi16(__m512i index, __m512i v) {
  const auto x = lanes<uint16_t>(v);
  return map<uint16_t>(index, [&x](uint16_t i) { return x.at[i % 32]; });
}
inline __m512i permutexvar_epi32(__m512i index, __m512i v) {
  const auto x = lanes<uint32_t>(v);
  return map<uint32_t>(index, [&x](uint32_t i) { return x.at[i % 16]; });
}
inline __m512i permutex2var_epi16(__m512i a, __m512i index, __m512i b) {
  const auto x = lanes<uint16_t>(a), y = lanes<uint16_t>(b);
  return map<uint16_t>(index, [&](uint16_t i) { return (i & 32) != 0 ? y.at[i % 32] : x.at[i % 32]; });
}

}  // namespace emulated_x86

#undef _mm256_dpbusd_avx_epi32
#define _mm256_dpbusd_avx_epi32 emulated_x86::dot_bytes
#undef _mm256_cvtepi16_epi8
#define _mm256_cvtepi16_epi8 emulated_x86::cvtepi16_epi8
#undef _mm256_mask_storeu_epi16
#define _mm256_mask_storeu_epi16 emulated_x86::mask_storeu_epi16
#undef _mm256_maskz_loadu_epi16
#define _mm256_maskz_loadu_epi16 emulated_x86::maskz_loadu_epi16
#undef _mm512_add_epi16
#define _mm512_add_epi16 emulated_x86::add_epi16
#undef _mm512_add_epi32
#define _mm512_add_epi32 emulated_x86::add_epi32
#undef _mm512_add_epi8
#define _mm512_add_epi8 emulated_x86::add_epi8
#undef _mm512_add_ps
#define _mm512_add_ps emulated_x86::add_ps
#undef _mm512_and_si512
#define _mm512_and_si512 emulated_x86::and_si512
#undef _mm512_andnot_si512
#define _mm512_andnot_si512 emulated_x86::andnot_si512
#undef _mm512_broadcast_i32x4
#define _mm512_broadcast_i32x4 emulated_x86::broadcast_i32x4
#undef _mm512_castps512_ps256
#define _mm512_castps512_ps256 emulated_x86::castps512_ps256
#undef _mm512_castps_si512
#define _mm512_castps_si512 emulated_x86::castps_si512
#undef _mm512_castsi512_ps
#define _mm512_castsi512_ps emulated_x86::castsi512_ps
#undef _mm512_cmp_ps_mask
#define _mm512_cmp_ps_mask(a, b, predicate) emulated_x86::cmp_ps_mask<predicate>(a, b)
#undef _mm512_cmplt_epi32_mask
#define _mm512_cmplt_epi32_mask emulated_x86::cmplt_epi32_mask
#undef _mm512_cvtepi32_epi8
#define _mm512_cvtepi32_epi8 emulated_x86::cvtepi32_epi8
#undef _mm512_cvtepi32_ps
#define _mm512_cvtepi32_ps emulated_x86::cvtepi32_ps
#undef _mm512_cvtepi8_epi32
#define _mm512_cvtepi8_epi32 emulated_x86::cvtepi8_epi32
#undef _mm512_cvtepu16_epi32
#define _mm512_cvtepu16_epi32 emulated_x86::cvtepu16_epi32
#undef _mm512_cvtepu8_epi32
#define _mm512_cvtepu8_epi32 emulated_x86::cvtepu8_epi32
#undef _mm512_cvtne2ps_pbh
#define _mm512_cvtne2ps_pbh emulated_x86::cvtne2ps_pbh
#undef _mm512_cvtph_ps
#define _mm512_cvtph_ps emulated_x86::cvtph_ps
#undef _mm512_cvtps_epi32
#define _mm512_cvtps_epi32 emulated_x86::cvtps_epi32
#undef _mm512_cvtps_epu32
#define _mm512_cvtps_epu32 emulated_x86::cvtps_epu32
#undef _mm512_cvtps_ph
#define _mm512_cvtps_ph(v, rounding) emulated_x86::cvtps_ph<rounding>(v)
#undef _mm512_cvtsi512_si32
#define _mm512_cvtsi512_si32 emulated_x86::cvtsi512_si32
#undef _mm512_div_ps
#define _mm512_div_ps emulated_x86::div_ps
#undef _mm512_dpbf16_ps
#define _mm512_dpbf16_ps emulated_x86::dpbf16_ps
#undef _mm512_dpbusd_epi32
#define _mm512_dpbusd_epi32 emulated_x86::dpbusd_epi32
#undef _mm512_extractf32x8_ps
#define _mm512_extractf32x8_ps(v, half) emulated_x86::extractf32x8_ps<half>(v)
#undef _mm512_fmadd_ps
#define _mm512_fmadd_ps emulated_x86::fmadd_ps
#undef _mm512_fnmadd_ps
#define _mm512_fnmadd_ps emulated_x86::fnmadd_ps
#undef _mm512_loadu_ps
#define _mm512_loadu_ps emulated_x86::loadu_ps
#undef _mm512_loadu_si512
#define _mm512_loadu_si512 emulated_x86::loadu_si512
#undef _mm512_mask_cmp_ps_mask
#define _mm512_mask_cmp_ps_mask(mask, a, b, predicate) \
  static_cast<__mmask16>((mask)&emulated_x86::cmp_ps_mask<predicate>(a, b))
#undef _mm512_mask_mov_epi32
#define _mm512_mask_mov_epi32 emulated_x86::mask_mov_epi32
#undef _mm512_mask_mov_ps
#define _mm512_mask_mov_ps emulated_x86::mask_mov_ps
#undef _mm512_mask_storeu_ps
#define _mm512_mask_storeu_ps emulated_x86::mask_storeu_ps
#undef _mm512_maskz_div_ps
#define _mm512_maskz_div_ps emulated_x86::maskz_div_ps
#undef _mm512_maskz_loadu_epi8
#define _mm512_maskz_loadu_epi8 emulated_x86::maskz_loadu_epi8
#undef _mm512_maskz_loadu_ps
#define _mm512_maskz_loadu_ps emulated_x86::maskz_loadu_ps
#undef _mm512_maskz_mov_ps
#define _mm512_maskz_mov_ps emulated_x86::maskz_mov_ps
#undef _mm512_maskz_set1_epi32
#define _mm512_maskz_set1_epi32 emulated_x86::maskz_set1_epi32
#undef _mm512_max_epu32
#define _mm512_max_epu32 emulated_x86::max_epu32
#undef _mm512_max_ps
#define _mm512_max_ps emulated_x86::max_ps
#undef _mm512_min_ps
#define _mm512_min_ps emulated_x86::min_ps
#undef _mm512_mul_ps
#define _mm512_mul_ps emulated_x86::mul_ps
#undef _mm512_mulhi_epu16
#define _mm512_mulhi_epu16 emulated_x86::mulhi_epu16
#undef _mm512_mullo_epi16
#define _mm512_mullo_epi16 emulated_x86::mullo_epi16
#undef _mm512_or_si512
#define _mm512_or_si512 emulated_x86::or_si512
#undef _mm512_permutex2var_epi16
#define _mm512_permutex2var_epi16 emulated_x86::permutex2var_epi16
#undef _mm512_permutexvar_epi16
#define _mm512_permutexvar_epi16 emulated_x86::permutexvar_epi16
#undef _mm512_permutexvar_epi32
#define _mm512_permutexvar_epi32 emulated_x86::permutexvar_epi32
#undef _mm512_reduce_add_epi32
#define _mm512_reduce_add_epi32 emulated_x86::reduce_add_epi32
#undef _mm512_reduce_max_epu32
#define _mm512_reduce_max_epu32 emulated_x86::reduce_max_epu32
#undef _mm512_roundscale_ps
#define _mm512_roundscale_ps(v, rounding) emulated_x86::roundscale_ps<rounding>(v)
#undef _mm512_scalef_ps
#define _mm512_scalef_ps emulated_x86::scalef_ps
#undef _mm512_set1_epi16
#define _mm512_set1_epi16 emulated_x86::set1_epi16
#undef _mm512_set1_epi32
#define _mm512_set1_epi32 emulated_x86::set1_epi32
#undef _mm512_set1_epi8
#define _mm512_set1_epi8 emulated_x86::set1_epi8
#undef _mm512_set1_ps
#define _mm512_set1_ps emulated_x86::set1_ps
#undef _mm512_set4_epi32
#define _mm512_set4_epi32 emulated_x86::set4_epi32
#undef _mm512_set_epi32
#define _mm512_set_epi32 emulated_x86::set_epi32
#undef _mm512_setzero_ps
#define _mm512_setzero_ps emulated_x86::setzero_ps
#undef _mm512_setzero_si512
#define _mm512_setzero_si512 emulated_x86::setzero_si512
#undef _mm512_shuffle_epi8
#define _mm512_shuffle_epi8 emulated_x86::shuffle_epi8
#undef _mm512_slli_epi16
#define _mm512_slli_epi16 emulated_x86::slli_epi16
#undef _mm512_slli_epi32
#define _mm512_slli_epi32 emulated_x86::slli_epi32
#undef _mm512_sllv_epi32
#define _mm512_sllv_epi32 emulated_x86::sllv_epi32
#undef _mm512_srai_epi32
#define _mm512_srai_epi32 emulated_x86::srai_epi32
#undef _mm512_srli_epi16
#define _mm512_srli_epi16 emulated_x86::srli_epi16
#undef _mm512_store_si512
#define _mm512_store_si512 emulated_x86::store_si512
#undef _mm512_storeu_ps
#define _mm512_storeu_ps emulated_x86::storeu_ps
#undef _mm512_storeu_si512
#define _mm512_storeu_si512 emulated_x86::storeu_si512
#undef _mm512_sub_epi16
#define _mm512_sub_epi16 emulated_x86::sub_epi16
#undef _mm512_sub_epi32
#define _mm512_sub_epi32 emulated_x86::sub_epi32
#undef _mm512_sub_ps
#define _mm512_sub_ps emulated_x86::sub_ps
#undef _mm512_ternarylogic_epi32
#define _mm512_ternarylogic_epi32(a, b, c, table) emulated_x86::ternarylogic_epi32<table>(a, b, c)
#undef _mm512_test_epi32_mask
#define _mm512_test_epi32_mask emulated_x86::test_epi32_mask
#undef _mm512_unpackhi_epi16
#define _mm512_unpackhi_epi16 emulated_x86::unpackhi_epi16
#undef _mm512_unpackhi_epi8
#define _mm512_unpackhi_epi8 emulated_x86::unpackhi_epi8
#undef _mm512_unpacklo_epi16
#define _mm512_unpacklo_epi16 emulated_x86::unpacklo_epi16
#undef _mm512_unpacklo_epi8
#define _mm512_unpacklo_epi8 emulated_x86::unpacklo_epi8
#undef _mm512_xor_ps
#define _mm512_xor_ps emulated_x86::xor_ps
#undef _mm512_xor_si512
#define _mm512_xor_si512 emulated_x86::xor_si512
