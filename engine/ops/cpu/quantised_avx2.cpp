#include "engine/ops/cpu/quantised_avx2.h"

namespace kvasir::engine::cpu {
namespace {

/// Codes are signed, or unsigned in at most six bits. Products of small codes are added up in 16 bits.
struct Vec : Avx2Rows {
  static constexpr int kBias = 0;
  /// Unpacked codes of fewer than eight bits stay unsigned.
  template <int kCodeBits>
  static constexpr int kPanelBits = kCodeBits;
  /// Two products of a code and an activation come to 254 times the largest code, 16 bits hold 32,767.
  template <int kCodeBits>
  static constexpr int kTogether = kCodeBits == 8   ? 1
                                   : kCodeBits == 6 ? 2
                                   : kCodeBits == 5 ? 4
                                                    : 8;

  static Ints start(const int32_t*) { return zero(); }
  /// Sums of neighbouring columns' products, in 16 bits.
  struct Partial {
    __m256i low, high;
  };
  // Additions are written out: GCC 12 makes trees of long sums, for which there are no registers.
  template <bool kIsFirst>
  static __m256i add_words(__m256i sum, __m256i x) {
    if constexpr (kIsFirst) return x;
    asm("vpaddw %1, %0, %0" : "+x"(sum) : "x"(x));
    return sum;
  }
  template <bool kIsFirst>
  static __m256i add_pairs(__m256i sum, __m256i words) {
    const __m256i x = _mm256_madd_epi16(words, _mm256_set1_epi16(1));
    if constexpr (kIsFirst) return x;
    asm("vpaddd %1, %0, %0" : "+x"(sum) : "x"(x));
    return sum;
  }
  static Partial open(Ints) { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
  /// kIsFirst: the sum is 0.
  template <bool kIsFirst>
  static Ints close(Ints sum, Partial partial) {
    return {add_pairs<kIsFirst>(sum.low, partial.low), add_pairs<kIsFirst>(sum.high, partial.high)};
  }
  /// Signed codes do not overflow either: 2 · 128 · 127, as activations have no −128.
  template <bool kUnsigned>
  static __m256i products(__m256i codes, __m256i four) {
    if constexpr (kUnsigned) return _mm256_maddubs_epi16(codes, four);
    return _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(four, codes));
  }
  template <bool kUnsigned, bool kIsFirst>
  static Partial dot(Partial partial, Bytes codes, Ints four) {
    return {add_words<kIsFirst>(partial.low, products<kUnsigned>(codes.low, four.low)),
            add_words<kIsFirst>(partial.high, products<kUnsigned>(codes.high, four.high))};
  }
};

}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/quantised_impl.h"

namespace kvasir::engine::cpu {
// Requantised codes fill their eight bits: for products of such with signed values AVX2 takes two steps more,
// which costs what the scales spare.
const QuantisedKernels kAvx2QuantisedKernels = {
    .gemm = gemm, .gemm_requantised = nullptr, .quantise = quantise};
}  // namespace kvasir::engine::cpu
