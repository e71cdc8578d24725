#include "engine/gguf/convert.h"
#include "engine/ops/cpu/kernels.h"

#include <immintrin.h>

#include <cstring>

namespace kvasir::engine::cpu {
namespace {

/// AVX2, FMA and F16C: sixteen registers hold 4 × 3 sums, three inputs and one weight.
struct Simd {
  static constexpr uint32_t kLanes = 8;
  static constexpr uint32_t kTileTokens = 3;
  static constexpr uint32_t kSumVectors = 2;
  using F = __m256;

  static F set1(float x) { return _mm256_set1_ps(x); }
  static F load(const void* p) { return _mm256_loadu_ps(static_cast<const float*>(p)); }
  static F load_n(const void* p, uint32_t n) {
    float lanes[kLanes] = {};
    std::memcpy(lanes, p, n * sizeof(float));
    return _mm256_loadu_ps(lanes);
  }
  static void store(float* p, F v) { _mm256_storeu_ps(p, v); }
  static void store_n(float* p, uint32_t n, F v) {
    float lanes[kLanes];
    _mm256_storeu_ps(lanes, v);
    std::memcpy(p, lanes, n * sizeof(float));
  }

  static F add(F a, F b) { return _mm256_add_ps(a, b); }
  static F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  static F div(F a, F b) { return _mm256_div_ps(a, b); }
  static F max(F a, F b) { return _mm256_max_ps(a, b); }
  static F min(F a, F b) { return _mm256_min_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  static F zero_below(F x, F limit, F y) { return _mm256_andnot_ps(_mm256_cmp_ps(x, limit, _CMP_LT_OQ), y); }

  static F load_f16(const std::byte* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static F load_f16_n(const std::byte* p, uint32_t n) {
    uint16_t halves[kLanes] = {};
    std::memcpy(halves, p, n * sizeof(uint16_t));
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves)));
  }
  static float f16(const std::byte* p) {
    uint16_t half;
    std::memcpy(&half, p, sizeof(half));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half)));
  }
  static F from_bf16(__m128i bits) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static F load_bf16(const std::byte* p) {
    return from_bf16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static F load_bf16_n(const std::byte* p, uint32_t n) {
    uint16_t halves[kLanes] = {};
    std::memcpy(halves, p, n * sizeof(uint16_t));
    return from_bf16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves)));
  }
  static F load_i8(const std::byte* p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  static void store_f16_n(std::byte* p, uint32_t n, F v) {
    uint16_t halves[kLanes];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(halves),
                     _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    std::memcpy(p, halves, n * sizeof(uint16_t));
  }

  static __m128 halves_sum(F v) { return _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1)); }
  static void sum4(F a, F b, F c, F d, float* sums) {
    const __m128 ab = _mm_hadd_ps(halves_sum(a), halves_sum(b));
    const __m128 cd = _mm_hadd_ps(halves_sum(c), halves_sum(d));
    _mm_storeu_ps(sums, _mm_hadd_ps(ab, cd));
  }
  static float max_lane(F v) {
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
  }
  static F scale_by_power(F p, F shifted) {
    return _mm256_castsi256_ps(
        _mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(shifted), 23)));
  }
};

}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/kernels_impl.h"

namespace kvasir::engine::cpu {
const Kernels kAvx2Kernels = kKernels;
}
