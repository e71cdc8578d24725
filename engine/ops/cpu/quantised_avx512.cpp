#include "engine/gguf/quant_blocks.h"
#include "engine/ops/cpu/interleave.h"
#include "engine/ops/cpu/quantised_kernels.h"
#include "engine/ops/cpu/quantised_rows.h"

#include <immintrin.h>

namespace kvasir::engine::cpu {
namespace {

/// AVX-512 F, BW, VL, DQ and VNNI. The dot product takes unsigned codes: those of types without a minimum are
/// stored 128 too large, and sums start from what that adds too much.
struct Vec : ByteRows {
  using Bytes = __m512i;
  using Ints = __m512i;
  using Floats = __m512;
  // 5 × 2 products and as many parts leave what codes and scales need.
  static constexpr uint32_t kTileTokens = 5;
  static constexpr uint32_t kTileGroups = 2;
  static constexpr int kBias = 128;
  static constexpr size_t kAheadBytes = 0;
  template <int>
  static constexpr int kPanelBits = 8;
  template <int>
  static constexpr int kTogether = 8;

  static Bytes load(const std::byte* p) { return _mm512_loadu_si512(p); }
  static void store(std::byte* p, Bytes v) { _mm512_store_si512(p, v); }
  static Bytes set1(uint8_t x) { return _mm512_set1_epi8(static_cast<char>(x)); }
  static Bytes add(Bytes a, Bytes b) { return _mm512_add_epi8(a, b); }
  static Bytes either(Bytes a, Bytes b) { return _mm512_or_si512(a, b); }
  /// Shifted right by Shift or left by −Shift; bits pass from byte to byte.
  template <int Shift>
  static Bytes shifted(Bytes x) {
    if constexpr (Shift > 0)
      return _mm512_srli_epi16(x, Shift);
    else if constexpr (Shift < 0)
      return _mm512_slli_epi16(x, -Shift);
    else
      return x;
  }
  /// (each byte, shifted right by Shift or left by −Shift) & Mask
  template <int Shift, int Mask>
  static Bytes bits(Bytes x) {
    return _mm512_and_si512(shifted<Shift>(x), _mm512_set1_epi8(Mask));
  }
  /// x | bits<Shift, Mask>(y)
  template <int Shift, int Mask>
  static Bytes with_bits(Bytes x, Bytes y) {
    constexpr int kOrOfAnd = 0xf8;
    return _mm512_ternarylogic_epi32(x, shifted<Shift>(y), _mm512_set1_epi8(Mask), kOrOfAnd);
  }
  static Bytes repeat16(const int8_t* values) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(values)));
  }
  static Bytes look_up(Bytes table, Bytes index) { return _mm512_shuffle_epi8(table, index); }

  /// Bits Shift and Shift + 1 of each row's 16, as bits 4 and 5.
  template <int Shift>
  static Rows pair_bits(const std::byte* p) {
    const __m256i all = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    const __m256i two = _mm256_and_si256(_mm256_srli_epi16(all, Shift), _mm256_set1_epi16(3));
    return _mm256_cvtepi16_epi8(_mm256_slli_epi16(two, 4));
  }

  static Floats load_f16(const std::byte* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static Floats from_u8(Rows x) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(x)); }
  static Floats from_i8(Rows x) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(x)); }
  /// 2^(x − 128), down to the subnormal 2^−128.
  static Floats half_power(Rows x) {
    const Ints exponent = _mm512_cvtepu8_epi32(x);
    const Ints normal = _mm512_slli_epi32(_mm512_sub_epi32(exponent, _mm512_set1_epi32(1)), 23);
    const Ints subnormal = _mm512_sllv_epi32(_mm512_set1_epi32(0x00200000), exponent);
    return _mm512_castsi512_ps(
        _mm512_mask_mov_epi32(normal, _mm512_cmplt_epi32_mask(exponent, _mm512_set1_epi32(2)), subnormal));
  }

  static Floats zero_floats() { return _mm512_setzero_ps(); }
  static Floats set1(float x) { return _mm512_set1_ps(x); }
  static Floats load_floats(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Floats v) { _mm512_storeu_ps(p, v); }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats negate(Floats a) { return _mm512_xor_ps(a, _mm512_set1_ps(-0.0f)); }
  static Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
  static Floats fnma(Floats a, Floats b, Floats c) { return _mm512_fnmadd_ps(a, b, c); }
  static Floats convert(Ints x) { return _mm512_cvtepi32_ps(x); }

  // For requantised_panels.h. Words are 16-bit integers, two for each row.
  static Ints larger(Ints a, Ints b) { return _mm512_max_epu32(a, b); }
  static Floats as_floats(Ints bits) { return _mm512_castsi512_ps(bits); }
  /// x / y, or 0 where y is next to nothing or no number.
  static Floats quotient(float x, Floats y) {
    const __mmask16 is_enough = _mm512_cmp_ps_mask(y, _mm512_set1_ps(1e-30f), _CMP_GT_OQ);
    return _mm512_maskz_div_ps(is_enough, _mm512_set1_ps(x), y);
  }
  /// Each rounded to nearest, twice.
  static Bytes words(Floats x) {
    const __m512i low_halves = _mm512_set4_epi32(0x0d0c0d0c, 0x09080908, 0x05040504, 0x01000100);
    return _mm512_shuffle_epi8(_mm512_cvtps_epi32(x), low_halves);
  }
  static Bytes subtract_words(Bytes a, Bytes b) { return _mm512_sub_epi16(a, b); }
  /// (each byte · the row's factor + the row's summand) / 256, rounded down; in words.
  static Bytes scaled(Bytes x, Bytes factor, Bytes summand) {
    const __m512i low_bytes = _mm512_set1_epi16(0xff);
    const __m512i even =
        _mm512_add_epi16(_mm512_mullo_epi16(_mm512_and_si512(x, low_bytes), factor), summand);
    const __m512i odd = _mm512_add_epi16(_mm512_mullo_epi16(_mm512_srli_epi16(x, 8), factor), summand);
    constexpr int kFirstSelects = 0xca;
    return _mm512_ternarylogic_epi32(low_bytes, _mm512_srli_epi16(even, 8), odd, kFirstSelects);
  }

  static Ints zero() { return _mm512_setzero_si512(); }
  static Ints start(const int32_t* negative_sum) { return _mm512_set1_epi32(*negative_sum); }
  template <int kExcess>
  static Ints start_of_excess(const int32_t* negative_sum) {
    return _mm512_srai_epi32(start(negative_sum), __builtin_ctz(128 / kExcess));
  }
  /// Four values of a token for every row.
  static Ints four(const int8_t* values) {
    int32_t all;
    __builtin_memcpy(&all, values, sizeof(all));
    return _mm512_set1_epi32(all);
  }
  using Partial = Ints;
  static Partial open(Ints sum) { return sum; }
  template <bool>
  static Ints close(Ints, Partial partial) {
    return partial;
  }
  template <bool, bool>
  static Ints dot(Ints sum, Bytes codes, Ints four) {
    return _mm512_dpbusd_epi32(sum, codes, four);
  }

  static Ints magnitude(Floats x) {
    return _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
  }
  /// Bits of the largest magnitude of 32 values: those of NaNs are above those of infinity, above all others.
  static uint32_t largest_magnitude(const float* in) {
    return _mm512_reduce_max_epu32(
        _mm512_max_epu32(magnitude(_mm512_loadu_ps(in)), magnitude(_mm512_loadu_ps(in + 16))));
  }
  /// 16 values times `factor`, within ±127, rounded to nearest; returns their sum.
  static int32_t round_half(const float* in, float factor, int8_t* out) {
    const Ints rounded = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(in), _mm512_set1_ps(factor)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtepi32_epi8(rounded));
    return _mm512_reduce_add_epi32(rounded);
  }
};

}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/quantised_impl.h"
#include "engine/ops/cpu/requantised_panels.h"

namespace kvasir::engine::cpu {
const QuantisedKernels kAvx512QuantisedKernels = {
    .gemm = gemm, .gemm_requantised = gemm_requantised, .quantise = quantise};
}
