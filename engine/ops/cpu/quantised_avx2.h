#pragma once

// What the kernels for quantised weights with AVX2 have in common: with and without AVX-VNNI.

#include "engine/gguf/quant_blocks.h"
#include "engine/ops/cpu/interleave.h"
#include "engine/ops/cpu/quantised_kernels.h"
#include "engine/ops/cpu/quantised_rows.h"

#include <immintrin.h>

namespace kvasir::engine::cpu {
namespace {

/// AVX2, FMA and F16C: a register for rows 0 to 7 and one for rows 8 to 15. The part of `Vec`
/// (quantised_impl.h) that is not products.
struct Avx2Rows : ByteRows {
  struct Bytes {
    __m256i low, high;
  };
  using Ints = Bytes;
  struct Floats {
    __m256 low, high;
  };
  // 4 × 2 sums leave eight registers; what is touched once a block lies in memory.
  static constexpr uint32_t kTileTokens = 4;
  static constexpr uint32_t kTileGroups = 1;
  static constexpr size_t kAheadBytes = 2048;

  static __m256i load32(const std::byte* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static Bytes load(const std::byte* p) { return {load32(p), load32(p + 32)}; }
  static void store(std::byte* p, Bytes v) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), v.low);
    _mm256_store_si256(reinterpret_cast<__m256i*>(p + 32), v.high);
  }
  static Bytes set1(uint8_t x) {
    const __m256i v = _mm256_set1_epi8(static_cast<char>(x));
    return {v, v};
  }
  static Bytes add(Bytes a, Bytes b) {
    return {_mm256_add_epi8(a.low, b.low), _mm256_add_epi8(a.high, b.high)};
  }
  static Bytes either(Bytes a, Bytes b) {
    return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
  }
  template <int Shift, int Mask>
  static __m256i bits(__m256i x) {
    const __m256i mask = _mm256_set1_epi8(Mask);
    if constexpr (Shift > 0)
      return _mm256_and_si256(_mm256_srli_epi16(x, Shift), mask);
    else if constexpr (Shift < 0)
      return _mm256_and_si256(_mm256_slli_epi16(x, -Shift), mask);
    else
      return _mm256_and_si256(x, mask);
  }
  /// (each byte, shifted right by Shift or left by −Shift) & Mask
  template <int Shift, int Mask>
  static Bytes bits(Bytes x) {
    return {bits<Shift, Mask>(x.low), bits<Shift, Mask>(x.high)};
  }
  /// x | bits<Shift, Mask>(y)
  template <int Shift, int Mask>
  static Bytes with_bits(Bytes x, Bytes y) {
    return either(x, bits<Shift, Mask>(y));
  }
  static Bytes repeat16(const int8_t* values) {
    const __m256i v = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(values)));
    return {v, v};
  }
  static Bytes look_up(Bytes table, Bytes index) {
    return {_mm256_shuffle_epi8(table.low, index.low), _mm256_shuffle_epi8(table.high, index.high)};
  }

  /// Bits Shift and Shift + 1 of each row's 16, as bits 4 and 5.
  template <int Shift>
  static Rows pair_bits(const std::byte* p) {
    const __m256i two = _mm256_and_si256(_mm256_srli_epi16(load32(p), Shift), _mm256_set1_epi16(3));
    const __m256i placed = _mm256_slli_epi16(two, 4);
    return _mm_packus_epi16(_mm256_castsi256_si128(placed), _mm256_extracti128_si256(placed, 1));
  }

  static Floats load_f16(const std::byte* p) {
    return {_mm256_cvtph_ps(load_rows(p)), _mm256_cvtph_ps(load_rows(p + 16))};
  }
  static Rows upper(Rows x) { return _mm_srli_si128(x, 8); }
  static Floats from_u8(Rows x) { return convert({_mm256_cvtepu8_epi32(x), _mm256_cvtepu8_epi32(upper(x))}); }
  static Floats from_i8(Rows x) { return convert({_mm256_cvtepi8_epi32(x), _mm256_cvtepi8_epi32(upper(x))}); }
  static __m256 half_power(__m256i exponent) {
    const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(exponent, _mm256_set1_epi32(1)), 23);
    const __m256i subnormal = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), exponent);
    return _mm256_castsi256_ps(
        _mm256_blendv_epi8(subnormal, normal, _mm256_cmpgt_epi32(exponent, _mm256_set1_epi32(1))));
  }
  /// 2^(x − 128), down to the subnormal 2^−128.
  static Floats half_power(Rows x) {
    return {half_power(_mm256_cvtepu8_epi32(x)), half_power(_mm256_cvtepu8_epi32(upper(x)))};
  }

  static Floats zero_floats() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
  static Floats set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  static Floats load_floats(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
  static void store(float* p, Floats v) {
    _mm256_storeu_ps(p, v.low);
    _mm256_storeu_ps(p + 8, v.high);
  }
  static Floats add(Floats a, Floats b) {
    return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
  }
  static Floats mul(Floats a, Floats b) {
    return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
  }
  static Floats negate(Floats a) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return {_mm256_xor_ps(a.low, sign), _mm256_xor_ps(a.high, sign)};
  }
  static Floats fma(Floats a, Floats b, Floats c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
  }
  static Floats fnma(Floats a, Floats b, Floats c) {
    return {_mm256_fnmadd_ps(a.low, b.low, c.low), _mm256_fnmadd_ps(a.high, b.high, c.high)};
  }
  static Floats convert(Ints x) { return {_mm256_cvtepi32_ps(x.low), _mm256_cvtepi32_ps(x.high)}; }

  static Ints zero() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
  template <int kExcess>
  static Ints start_of_excess(const int32_t* negative_sum) {
    const __m256i sums = _mm256_srai_epi32(_mm256_set1_epi32(*negative_sum), __builtin_ctz(128 / kExcess));
    return {sums, sums};
  }
  /// Four values of a token for every row.
  static Ints four(const int8_t* values) {
    int32_t all;
    __builtin_memcpy(&all, values, sizeof(all));
    return {_mm256_set1_epi32(all), _mm256_set1_epi32(all)};
  }
  static __m256i magnitude(const float* in) {
    return _mm256_and_si256(_mm256_castps_si256(_mm256_loadu_ps(in)), _mm256_set1_epi32(0x7fffffff));
  }
  /// Bits of the largest magnitude of 32 values: those of NaNs are above those of infinity, above all others.
  static uint32_t largest_magnitude(const float* in) {
    const __m256i most = _mm256_max_epu32(_mm256_max_epu32(magnitude(in), magnitude(in + 8)),
                                          _mm256_max_epu32(magnitude(in + 16), magnitude(in + 24)));
    __m128i m = _mm_max_epu32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0x4e));
    m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0xb1));
    return static_cast<uint32_t>(_mm_cvtsi128_si32(m));
  }
  /// 16 values times `factor`, within ±127, rounded to nearest; returns their sum.
  static int32_t round_half(const float* in, float factor, int8_t* out) {
    const __m256 f = _mm256_set1_ps(factor);
    const __m256i a = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(in), f));
    const __m256i b = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(in + 8), f));
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
    const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    const __m256i sums = _mm256_add_epi32(a, b);
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
    return _mm_cvtsi128_si32(s);
  }
};

}  // namespace
}  // namespace kvasir::engine::cpu
