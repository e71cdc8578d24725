#include "engine/gguf/convert.h"
#include "engine/ops/cpu/kernels.h"

#include <immintrin.h>

#include <cstring>

namespace kvasir::engine::cpu {
namespace {

/// AVX-512 F, BW, VL and DQ: 4 × 6 sums leave eight registers for inputs and weights.
struct Simd {
  static constexpr uint32_t kLanes = 16;
  static constexpr uint32_t kTileTokens = 6;
  static constexpr uint32_t kSumVectors = 4;
  using F = __m512;

  static __mmask16 first(uint32_t n) { return static_cast<__mmask16>((1u << n) - 1); }

  static F set1(float x) { return _mm512_set1_ps(x); }
  static F load(const void* p) { return _mm512_loadu_ps(p); }
  static F load_n(const void* p, uint32_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
  static void store(float* p, F v) { _mm512_storeu_ps(p, v); }
  static void store_n(float* p, uint32_t n, F v) { _mm512_mask_storeu_ps(p, first(n), v); }

  static F add(F a, F b) { return _mm512_add_ps(a, b); }
  static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static F div(F a, F b) { return _mm512_div_ps(a, b); }
  static F max(F a, F b) { return _mm512_max_ps(a, b); }
  static F min(F a, F b) { return _mm512_min_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static F zero_below(F x, F limit, F y) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, limit, _CMP_NLT_UQ), y);
  }

  static F load_f16(const std::byte* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static F load_f16_n(const std::byte* p, uint32_t n) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(n), p));
  }
  static float f16(const std::byte* p) {
    uint16_t half;
    std::memcpy(&half, p, sizeof(half));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half)));
  }
  static F from_bf16(__m256i bits) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static F load_bf16(const std::byte* p) {
    return from_bf16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static F load_bf16_n(const std::byte* p, uint32_t n) {
    return from_bf16(_mm256_maskz_loadu_epi16(first(n), p));
  }
  static F load_i8(const std::byte* p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }
  static void store_f16_n(std::byte* p, uint32_t n, F v) {
    _mm256_mask_storeu_epi16(p, first(n), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }

  static __m128 quarters_sum(F v) {
    const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
  }
  static void sum4(F a, F b, F c, F d, float* sums) {
    const __m128 ab = _mm_hadd_ps(quarters_sum(a), quarters_sum(b));
    const __m128 cd = _mm_hadd_ps(quarters_sum(c), quarters_sum(d));
    _mm_storeu_ps(sums, _mm_hadd_ps(ab, cd));
  }
  static float max_lane(F v) {
    const __m256 half = _mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
  }
  static F scale_by_power(F p, F shifted) {
    return _mm512_castsi512_ps(
        _mm512_add_epi32(_mm512_castps_si512(p), _mm512_slli_epi32(_mm512_castps_si512(shifted), 23)));
  }
};

}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/kernels_impl.h"

namespace kvasir::engine::cpu {
const Kernels kAvx512Kernels = kKernels;
}
