#include "engine/ops/cpu/quantised_avx2.h"

namespace kvasir::engine::cpu {
namespace {

/// AVX2 with AVX-VNNI, whose dot product takes unsigned codes: those of types without a minimum are stored
/// 128 too large, and sums start from what that adds too much.
struct Vec : Avx2Rows {
  static constexpr int kBias = 128;
  template <int>
  static constexpr int kPanelBits = 8;
  template <int>
  static constexpr int kTogether = 8;

  static Ints start(const int32_t* negative_sum) {
    const __m256i sum = _mm256_set1_epi32(*negative_sum);
    return {sum, sum};
  }
  using Partial = Ints;
  static Partial open(Ints sum) { return sum; }
  template <bool>
  static Ints close(Ints, Partial partial) {
    return partial;
  }
  /// Written out, because GCC 12 copies sums from register to register around the intrinsic.
  static __m256i add_products(__m256i sum, __m256i codes, __m256i four) {
#ifdef __AVXVNNI__
    asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(codes), "x"(four));
    return sum;
#else  // as the tests compile it, to emulate the instructions
    return _mm256_dpbusd_avx_epi32(sum, codes, four);
#endif
  }
  template <bool, bool>
  static Ints dot(Ints sum, Bytes codes, Ints four) {
    return {add_products(sum.low, codes.low, four.low), add_products(sum.high, codes.high, four.high)};
  }

  // For requantised_panels.h. Words are 16-bit integers, two for each row.
  static __m256i bits_without_sign(__m256 x) {
    return _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7fffffff));
  }
  static Ints magnitude(Floats x) {
    return {bits_without_sign(x.low), bits_without_sign(x.high)};
  }
  static Ints larger(Ints a, Ints b) {
    return {_mm256_max_epu32(a.low, b.low), _mm256_max_epu32(a.high, b.high)};
  }
  static Floats as_floats(Ints bits) {
    return {_mm256_castsi256_ps(bits.low), _mm256_castsi256_ps(bits.high)};
  }
  static __m256 quotient(__m256 x, __m256 y) {
    return _mm256_and_ps(_mm256_cmp_ps(y, _mm256_set1_ps(1e-30f), _CMP_GT_OQ), _mm256_div_ps(x, y));
  }
  /// x / y, or 0 where y is next to nothing or no number.
  static Floats quotient(float x, Floats y) {
    return {quotient(_mm256_set1_ps(x), y.low), quotient(_mm256_set1_ps(x), y.high)};
  }
  static __m256i words(__m256 x) {
    const __m256i low_halves = _mm256_set1_epi64x(0x0504050401000100);
    const __m256i upper = _mm256_set_epi32(0x08080808, 0x08080808, 0, 0, 0x08080808, 0x08080808, 0, 0);
    return _mm256_shuffle_epi8(_mm256_cvtps_epi32(x), _mm256_add_epi8(low_halves, upper));
  }
  /// Each rounded to nearest, twice.
  static Bytes words(Floats x) {
    return {words(x.low), words(x.high)};
  }
  static Bytes subtract_words(Bytes a, Bytes b) {
    return {_mm256_sub_epi16(a.low, b.low), _mm256_sub_epi16(a.high, b.high)};
  }
  template <int Shift>
  static Bytes shifted(Bytes x) {
    static_assert(Shift < 0);
    return {_mm256_slli_epi16(x.low, -Shift), _mm256_slli_epi16(x.high, -Shift)};
  }
  static __m256i scaled(__m256i x, __m256i factor, __m256i summand) {
    const __m256i low_bytes = _mm256_set1_epi16(0xff);
    const __m256i even =
        _mm256_add_epi16(_mm256_mullo_epi16(_mm256_and_si256(x, low_bytes), factor), summand);
    const __m256i odd = _mm256_add_epi16(_mm256_mullo_epi16(_mm256_srli_epi16(x, 8), factor), summand);
    return _mm256_or_si256(_mm256_srli_epi16(even, 8), _mm256_andnot_si256(low_bytes, odd));
  }
  /// (each byte · the row's factor + the row's summand) / 256, rounded down; in words.
  static Bytes scaled(Bytes x, Bytes factor, Bytes summand) {
    return {scaled(x.low, factor.low, summand.low), scaled(x.high, factor.high, summand.high)};
  }
};

}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/quantised_impl.h"
#include "engine/ops/cpu/requantised_panels.h"

namespace kvasir::engine::cpu {
const QuantisedKernels kAvxVnniQuantisedKernels = {
    .gemm = gemm, .gemm_requantised = gemm_requantised, .quantise = quantise};
}
