#include "engine/ops/cpu/attention_avx512.h"
#include "engine/ops/cpu/attention_kernels.h"

namespace kvasir::engine::cpu {
namespace {

/// AVX-512 with BF16: pairs of bfloat16, summed in float32. 4 × 4 sums leave room for what they are made of.
struct Simd : Avx512Floats {
  static constexpr uint32_t kStep = 2;
  static constexpr uint32_t kVectors = 4;
  static constexpr uint32_t kRows = 4;
  static constexpr uint32_t kExpandRows = 8;
  using B = __m512i;
  using Element = uint16_t;

  static B load_elements(const Element* p) { return _mm512_loadu_si512(p); }
  static B broadcast(const Element* pair) {
    int32_t bits;
    __builtin_memcpy(&bits, pair, sizeof(bits));
    return _mm512_set1_epi32(bits);
  }
  static F dot(F sums, B a, B b) {
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(b), reinterpret_cast<__m512bh>(a));
  }
  static B pack(F low, F high) { return reinterpret_cast<B>(_mm512_cvtne2ps_pbh(high, low)); }
  static Element element(float x) {
    return static_cast<Element>(_mm512_cvtsi512_si32(pack(set1(x), set1(x))) & 0xffff);
  }
  static void store_pair(Element* out, F low, F high) { _mm512_storeu_si512(out, pack(low, high)); }
  /// Values and the ones below them side by side.
  static void store_steps(Element* out, size_t, F low0, F high0, F low1, F high1) {
    const B row0 = pack(low0, high0);
    const B row1 = pack(low1, high1);
    _mm512_storeu_si512(out, _mm512_permutex2var_epi16(row0, interleaved(0), row1));
    _mm512_storeu_si512(out + 32, _mm512_permutex2var_epi16(row0, interleaved(16), row1));
  }
  static void store_weights(Element* out, const F* weights) {
    const B pair = pack(weights[0], weights[1]);
    _mm512_storeu_si512(out, _mm512_permutexvar_epi16(halves(), pair));
  }

 private:
  /// i, 32 + i, i + 1, 33 + i, …: elements of two vectors from `first` on in turn.
  static B interleaved(uint16_t first) {
    const B low = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_add_epi16(
        _mm512_or_si512(low, _mm512_slli_epi32(_mm512_add_epi32(low, _mm512_set1_epi32(32)), 16)),
        _mm512_set1_epi16(static_cast<int16_t>(first)));
  }
  /// 0, 16, 1, 17, …: elements of the halves of a vector in turn.
  static B halves() {
    const B low = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_or_si512(low, _mm512_slli_epi32(_mm512_add_epi32(low, _mm512_set1_epi32(16)), 16));
  }
};

}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/attention_expanded.h"
#include "engine/ops/cpu/attention_latent.h"

namespace kvasir::engine::cpu {
const AttentionKernels kBf16Attention = {
    .latent = &kLatent, .latent_q8 = &kVnniLatent, .expanded = &kExpanded};
}
