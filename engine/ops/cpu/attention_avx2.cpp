#include "engine/ops/cpu/attention_kernels.h"

#include <immintrin.h>

namespace kvasir::engine::cpu {
namespace {

/// AVX2, FMA and F16C: products of floats. 4 × 2 sums leave half of the registers for what they are made of.
struct Simd {
  static constexpr uint32_t kLanes = 8;
  static constexpr const char* kName = "AVX2";
  static constexpr const LatentKernels* kLatentQ8 = nullptr;
  static constexpr uint32_t kStep = 1;
  static constexpr uint32_t kVectors = 2;
  static constexpr uint32_t kRows = 4;
  static constexpr uint32_t kExpandRows = 4;
  using F = __m256;
  using M = __m256;
  using B = __m256;
  using Element = float;

  static F set1(float x) { return _mm256_set1_ps(x); }
  static F load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, F v) { _mm256_storeu_ps(p, v); }
  static F load_f16(const std::byte* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static F load_i8(const std::byte* p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  static float f16(const std::byte* p) {
    uint16_t half;
    __builtin_memcpy(&half, p, sizeof(half));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half)));
  }

  static F add(F a, F b) { return _mm256_add_ps(a, b); }
  static F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  static F max(F a, F b) { return _mm256_max_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  static M greater(F a, F b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
  static F select(M m, F a, F b) { return _mm256_blendv_ps(b, a, m); }
  static F zero_below(F x, F limit, F y) { return _mm256_and_ps(_mm256_cmp_ps(x, limit, _CMP_NLT_UQ), y); }
  static F round(F x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static F scale_by_power(F p, F n) {
    return _mm256_castsi256_ps(
        _mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23)));
  }

  static B load_elements(const Element* p) { return load(p); }
  static B broadcast(const Element* p) { return _mm256_broadcast_ss(p); }
  static F dot(F sums, B a, B b) { return fma(a, b, sums); }
  static Element element(float x) { return x; }
  static void store_pair(Element* out, F low, F high) {
    store(out, low);
    store(out + kLanes, high);
  }
  static void store_steps(Element* out, size_t step, F low0, F high0, F low1, F high1) {
    store_pair(out, low0, high0);
    store_pair(out + step, low1, high1);
  }
  static void store_weights(Element* out, const F* weights) { store(out, weights[0]); }
};

}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/attention_impl.h"

namespace kvasir::engine::cpu {
const AttentionKernels kAvx2Attention = kAttention;
}
