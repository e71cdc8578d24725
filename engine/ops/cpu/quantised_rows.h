#pragma once

#include <immintrin.h>

#include <cstddef>

namespace kvasir::engine::cpu {
namespace {

/// One byte for each of sixteen rows: the part of `Vec` (quantised_impl.h) that x86-64's own registers do.
struct ByteRows {
  using Rows = __m128i;

  static Rows load_rows(const std::byte* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
  template <int Shift, int Mask>
  static Rows row_bits(Rows x) {
    const Rows mask = _mm_set1_epi8(Mask);
    if constexpr (Shift > 0)
      return _mm_and_si128(_mm_srli_epi16(x, Shift), mask);
    else if constexpr (Shift < 0)
      return _mm_and_si128(_mm_slli_epi16(x, -Shift), mask);
    else
      return _mm_and_si128(x, mask);
  }
  static Rows row_either(Rows a, Rows b) { return _mm_or_si128(a, b); }
  static Rows row_less(Rows a, int b) { return _mm_sub_epi8(a, _mm_set1_epi8(static_cast<char>(b))); }
};

}  // namespace
}  // namespace kvasir::engine::cpu
