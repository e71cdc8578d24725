#pragma once

// Codes of twelve bits, for attention in products of 16-bit integers (AVX2), which come twice as fast as
// products of floats. Included by attention_words_tiles.h.
//
// A run of columns shares a scale, so that the sum of its products fits 32 bits. Codes are made of 16 columns
// at a time, which AVX2 packs in the order 0–3, 8–11, 4–7, 12–15: both sides of a product alike.

#include "engine/ops/cpu/attention_avx2.h"

namespace kvasir::engine::cpu {
namespace {
using Simd = Avx2Floats;
}
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/attention_exp2.h"
#include "engine/ops/cpu/attention_rows.h"

namespace kvasir::engine::cpu {
namespace {

using I = __m256i;

constexpr uint32_t kRun = 512;           ///< columns that share a scale, at most
constexpr float kLargestCode = 2047.0f;  // 512 · 2047² < 2³¹

inline I load_integers(const void* p) {
  return _mm256_loadu_si256(static_cast<const I*>(p));
}
inline void store_integers(void* p, I x) {
  _mm256_storeu_si256(static_cast<I*>(p), x);
}

/// A run's columns among a row's codes, whole chunks: those that there are not hold what a zero meets.
struct Run {
  uint32_t first;
  uint32_t end;
};

constexpr uint32_t runs_of(uint32_t width) {
  return (width + kRun - 1) / kRun;
}

/// Of rows that have one or two parts, each in whole runs of its own.
struct Columns {
  uint32_t width;
  uint32_t more = 0;  ///< of the second part

  uint32_t second() const { return round_up(width, kChunk); }  ///< where the second part begins
  uint32_t codes() const { return second() + round_up(more, kChunk); }
  uint32_t runs() const { return runs_of(width) + runs_of(more); }
  Run run(uint32_t index) const {
    const bool is_first = index < runs_of(width);
    const uint32_t begin = is_first ? 0 : second();
    const uint32_t at = (is_first ? index : index - runs_of(width)) * kRun;
    return {begin + at, begin + smaller(at + kRun, round_up(is_first ? width : more, kChunk))};
  }
};

struct RunScale {
  float scale;    ///< what a code is worth
  float inverse;  ///< codes to a unit
};

/// Values of which one is no finite number have the scale NaN.
RunScale scale_to(float largest) {
  if (!(largest <= 3e38f)) return {__builtin_nanf(""), 0.0f};
  // Below this the quotient would overflow: such values are nothing beside any others.
  return {largest / kLargestCode, largest > 1e-30f ? kLargestCode / largest : 0.0f};
}

/// 16 values as codes, in AVX2's order.
I codes_of(F low, F high, F inverse) {
  return _mm256_packs_epi32(_mm256_cvtps_epi32(Simd::mul(low, inverse)),
                            _mm256_cvtps_epi32(Simd::mul(high, inverse)));
}

/// Of `count` values.
RunScale scale_of(const float* values, uint32_t count) {
  // Compared as integers, NaN is larger than all numbers.
  uint32_t most = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t bits;
    __builtin_memcpy(&bits, values + i, sizeof(bits));
    const uint32_t magnitude = bits & 0x7fffffff;
    most = most < magnitude ? magnitude : most;
  }
  float largest;
  __builtin_memcpy(&largest, &most, sizeof(largest));
  return scale_to(largest);
}

// ---- Runs of a row. Values behind the row's width are read up to the next whole chunk.

struct RunF32 {
  const float* values;
  RunScale scale;

  RunF32(const float* from, uint32_t count) : values(from), scale(scale_of(from, count)) {}
  I codes(uint32_t col) const {
    return codes_of(Simd::load(values + col), Simd::load(values + col + kLanes), Simd::set1(scale.inverse));
  }
};

RunScale scale_of_half(uint16_t bits, float factor) {
  return scale_to(_mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits))) * factor);
}

struct RunF16 {
  const std::byte* values;
  F inverse;

  RunF16(const std::byte* row, const std::byte*, uint32_t col) : values(row + size_t{2} * col) {}
  RunScale scale(uint32_t columns) const {
    const I magnitude = _mm256_set1_epi16(0x7fff);
    I most = _mm256_setzero_si256();
    for (uint32_t col = 0; col < columns; col += kChunk)
      most = _mm256_max_epu16(most, _mm256_and_si256(load_integers(values + 2 * col), magnitude));
    const __m128i m = _mm_max_epu16(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
    const __m128i least = _mm_minpos_epu16(_mm_xor_si128(m, _mm_set1_epi16(-1)));
    return scale_of_half(static_cast<uint16_t>(~_mm_cvtsi128_si32(least)), 1.0f);
  }
  void prepare(const RunScale& scale, uint32_t) { inverse = Simd::set1(scale.inverse); }
  I codes(uint32_t col) const {
    return codes_of(Simd::load_f16(values + 2 * col), Simd::load_f16(values + 2 * (col + kLanes)), inverse);
  }
};

/// In Q8_0 codes are the bytes times the ratio of their own scale to the run's.
struct RunQ8 {
  const std::byte* values;
  const std::byte* scales;
  int16_t ratios[kRun / kKvScaleValues];

  RunQ8(const std::byte* row, const std::byte* row_scales, uint32_t col)
      : values(row + col), scales(row_scales + col / kKvScaleValues * 2) {}
  RunScale scale(uint32_t columns) const {
    uint32_t most = 0;
    for (uint32_t block = 0; block * kKvScaleValues < columns; ++block) {
      uint16_t bits;
      __builtin_memcpy(&bits, scales + 2 * block, sizeof(bits));
      const uint32_t magnitude = bits & 0x7fffu;
      most = most < magnitude ? magnitude : most;
    }
    return scale_of_half(static_cast<uint16_t>(most), 127.0f);
  }
  void prepare(const RunScale& scale, uint32_t columns) {
    // A byte times 256 times the ratio, less fifteen bits.
    for (uint32_t block = 0; block * kKvScaleValues < columns; ++block)
      ratios[block] = static_cast<int16_t>(
          _mm_cvtss_si32(_mm_set_ss(Simd::f16(scales + 2 * block) * scale.inverse * 128.0f)));
  }
  I codes(uint32_t col) const {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(values + col));
    constexpr int kOrderOfCodes = 0xd8;  // 0–3, 8–11, 4–7, 12–15
    const I words = _mm256_slli_epi16(_mm256_cvtepi8_epi16(_mm_shuffle_epi32(bytes, kOrderOfCodes)), 8);
    return _mm256_mulhrs_epi16(words, _mm256_set1_epi16(ratios[col / kKvScaleValues]));
  }
};

// ---- Rows of floats

/// One part of a row as codes {round_up(width, kChunk)} and scales {runs_of(width)}, `scale_stride` apart.
void code_row(int16_t* codes, float* scales, size_t scale_stride, const float* values, uint32_t width) {
  for (uint32_t first = 0; first < width; first += kRun) {
    const uint32_t count = smaller(kRun, width - first);
    const RunF32 run(values + first, count);
    scales[first / kRun * scale_stride] = run.scale.scale;
    for (uint32_t col = 0; col < count; col += kChunk) store_integers(codes + first + col, run.codes(col));
  }
}

/// One part of a row into lane `lane` of {columns / 2, lanes, 2}, its scales into {runs, lanes}.
void code_lane(int16_t* codes, float* scales, uint32_t lanes, uint32_t lane, const float* values,
               uint32_t width) {
  for (uint32_t first = 0; first < width; first += kRun) {
    const uint32_t count = smaller(kRun, width - first);
    alignas(32) float padded[kRun];
    alignas(32) int16_t row[kRun];
    __builtin_memcpy(padded, values + first, count * sizeof(float));
    __builtin_memset(padded + count, 0, (round_up(count, kChunk) - count) * sizeof(float));
    code_row(row, scales + size_t{first / kRun} * lanes + lane, 0, padded, count);
    for (uint32_t i = 0; i < round_up(count, kChunk); i += 2)
      __builtin_memcpy(codes + (size_t{first + i} / 2 * lanes + lane) * 2, row + i, 2 * sizeof(int16_t));
  }
}

}  // namespace
}  // namespace kvasir::engine::cpu
