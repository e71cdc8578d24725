#include "engine/ops/cpu/ahead.h"
#include "engine/ops/cpu/attention_avx512.h"
#include "engine/ops/cpu/attention_buffers.h"

namespace kvasir::engine::cpu {
namespace {
using Simd = Avx512Floats;
}
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/attention_exp2.h"

// Absorbed attention over Q8_0 rows in 8-bit products (AVX512_VNNI), for queries in lanes of 16.
//
// Logits. Queries become signed bytes with a scale for each run of 32 values, as rows are. The instruction
// multiplies unsigned by signed bytes, so rows are moved up by 128, and 128 · Σ q is taken off where each
// run's sum begins.
//
// Values. The weight of row p for a run of columns is weight · scale of that row's run, a 16-bit number in
// units of 1/65280 of the tile's largest weight · largest scale. Its upper byte is what is multiplied,
// rounded up or down by a threshold that differs from row to row, so that many weights of less than one unit
// still have the sum that they should have. Where a tile's largest weight is a large part of all, that is not
// exact enough: the lower byte then gets a product of its own.
//
// A query's result depends on the rows that it sees only: also the largest scale is taken over those.

namespace kvasir::engine::cpu {
namespace {

using I = __m512i;

constexpr uint32_t kLanes = 16;
constexpr uint32_t kRun = kKvScaleValues;
constexpr uint32_t kRunSteps = kRun / 4;  ///< four bytes are multiplied and added at a time
constexpr uint32_t kQuads = kTilePositions / 4;
constexpr uint32_t kRows = 8;                          ///< rows or queries per register tile
constexpr uint32_t kScaleStride = kQ8MaxWidth / kRun;  ///< a constant, so that addresses are
/// From a row of keys to the next: a constant, so that addresses are. A power of two would put the same
/// columns of all rows into the same cache sets.
constexpr uint32_t kKeyStride = kQ8MaxWidth + 64;
/// Runs whose weights are split before the first of them is multiplied: what was just stored as a vector
/// can't be loaded in parts before it has reached the cache.
constexpr uint32_t kRunsAhead = 4;
constexpr float kNothing = -1e30f;
/// A tile's largest weight beyond this part of all weights is multiplied in 16 bits. Rows that are still to
/// come are taken to weigh as much as those so far.
constexpr float kLargePart = 1.0f / 12;

/// 16 queries' share of a run of 32 values.
struct QueryRun {
  int8_t values[kRunSteps][kLanes][4];
  int32_t offset[kLanes];  ///< −128 · Σ values
  float scale[kLanes];
};

/// Buffers of a tile of kTilePositions rows for up to kMaxQueries queries, {…, lanes} by queries.
struct Scratch {
  uint32_t lanes;
  uint32_t runs;       ///< of a row
  uint8_t* keys;       ///< {kTilePositions, kKeyStride}: bytes + 128
  float* scales;       ///< {kTilePositions, kScaleStride}, 0 for rows that do not exist
  int8_t* values;      ///< {value runs, kQuads, 2, kLanes, 4}: rows 0, 2, 1, 3 of each four side by side
  float* scores;       ///< {kTilePositions, lanes}
  uint16_t* weights;   ///< {kTilePositions / 2, lanes, 2}: in units of 1/65535 of the tile's largest
  uint16_t* ratios;    ///< {kTilePositions / 2, kScaleStride, 2}: scale in units of 1/65280 of the largest
  float* unit;         ///< {kScaleStride}: what a unit of the upper byte is worth
  uint8_t* upper;      ///< {kRunsAhead, kQuads, lanes, 4}
  uint8_t* lower;      ///< {kRunsAhead, kQuads, lanes, 4}
  float* visible;      ///< {lanes}
  float* largest;      ///< {lanes}: the largest logit · log₂ e
  float* total;        ///< {lanes}
  float* shrink;       ///< {lanes}: the factor on what was gathered before this tile
  float* grow;         ///< {lanes}: the factor on this tile
  uint32_t* is_exact;  ///< {lanes}: all ones where the lower byte counts

  Scratch(Carver& carver, uint32_t queries, uint32_t width, uint32_t value_width) {
    lanes = round_up(queries, kLanes);
    runs = round_up(width, kRun) / kRun;
    carver.take_as(keys, size_t{kTilePositions} * kKeyStride);
    carver.take_as(scales, size_t{kTilePositions} * kScaleStride);
    carver.take_as(values, size_t{kTilePositions} * value_width);
    carver.take_as(scores, size_t{kTilePositions} * lanes);
    carver.take_as(weights, size_t{kTilePositions} * lanes);
    carver.take_as(ratios, size_t{kTilePositions} * kScaleStride);
    carver.take_as(unit, kScaleStride);
    carver.take_as(upper, size_t{kRunsAhead} * kTilePositions * lanes);
    carver.take_as(lower, size_t{kRunsAhead} * kTilePositions * lanes);
    for (float** state : {&visible, &largest, &total, &shrink, &grow}) carver.take_as(*state, lanes);
    carver.take_as(is_exact, lanes);
  }
  /// Where the bytes for a run begin.
  size_t split_at(uint32_t run) const { return size_t{run % kRunsAhead} * kTilePositions * lanes; }
};

I load_integers(const void* p) {
  return _mm512_loadu_si512(p);
}
/// Four bytes, or two 16-bit numbers, in every lane.
I broadcast(const void* p) {
  int32_t bits;
  __builtin_memcpy(&bits, p, sizeof(bits));
  return _mm512_set1_epi32(bits);
}

/// sums + Σ of four products of unsigned by signed bytes. Written out, because GCC 12 copies the sums from
/// register to register around the intrinsic.
[[gnu::always_inline]] inline void dot_bytes(I& sums, I unsigned_bytes, I signed_bytes) {
#ifdef __AVX512VNNI__
  asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(unsigned_bytes), "v"(signed_bytes));
#else  // as the tests compile it, to emulate the instructions
  sums = _mm512_dpbusd_epi32(sums, unsigned_bytes, signed_bytes);
#endif
}

// ---- Queries

size_t packed_queries_bytes(uint32_t queries, uint32_t width) {
  return size_t{round_up(queries, kLanes) / kLanes} * (round_up(width, kRun) / kRun) * sizeof(QueryRun);
}

/// `count` ≤ 32 values of one query into a lane of a run.
void pack_run(QueryRun& run, uint32_t lane, const float* values, uint32_t count) {
  const uint32_t bits = count == kRun ? ~0u : (1u << count) - 1;
  const F x[2] = {_mm512_maskz_loadu_ps(static_cast<__mmask16>(bits), values),
                  _mm512_maskz_loadu_ps(static_cast<__mmask16>(bits >> 16), values + kLanes)};
  // Compared as integers, NaN is larger than all numbers: it becomes the scale.
  const I magnitude = _mm512_set1_epi32(0x7fffffff);
  const I most = _mm512_max_epu32(_mm512_and_si512(_mm512_castps_si512(x[0]), magnitude),
                                  _mm512_and_si512(_mm512_castps_si512(x[1]), magnitude));
  const uint32_t largest_bits = _mm512_reduce_max_epu32(most);
  float largest;
  __builtin_memcpy(&largest, &largest_bits, sizeof(largest));
  const F inverse = Simd::set1(largest > 0.0f ? 127.0f / largest : 0.0f);
  alignas(64) int8_t bytes[kRun];
  int32_t sum = 0;
  for (uint32_t half = 0; half < 2; ++half) {
    const I rounded = _mm512_cvtps_epi32(Simd::mul(x[half], inverse));
    sum += _mm512_reduce_add_epi32(rounded);
    _mm_store_si128(reinterpret_cast<__m128i*>(bytes + half * kLanes), _mm512_cvtepi32_epi8(rounded));
  }
  for (uint32_t step = 0; step < kRunSteps; ++step)
    __builtin_memcpy(run.values[step][lane], bytes + 4 * step, 4);
  run.offset[lane] = -128 * sum;
  run.scale[lane] = largest / 127.0f;
}

void pack_queries(std::byte* out, const float* const* query, uint32_t queries, uint32_t width) {
  __builtin_memset(out, 0, packed_queries_bytes(queries, width));
  const uint32_t runs = round_up(width, kRun) / kRun;
  for (uint32_t i = 0; i < queries; ++i) {
    auto* run = reinterpret_cast<QueryRun*>(out) + size_t{i / kLanes} * runs;
    for (uint32_t r = 0; r < runs; ++r) {
      const uint32_t first = r * kRun;
      pack_run(run[r], i % kLanes, query[i] + first, width - first < kRun ? width - first : kRun);
    }
  }
}

// ---- Rows

/// 64 bytes of each of four rows to four vectors of 16 columns × rows 0, 2, 1, 3.
void interleave(int8_t* const* out, const I* row) {
  // Four columns of each of the four vectors side by side.
  const I fourth = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  I x[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) x[i] = _mm512_permutexvar_epi32(fourth, row[i]);
  const I low02 = _mm512_unpacklo_epi8(x[0], x[2]), high02 = _mm512_unpackhi_epi8(x[0], x[2]);
  const I low13 = _mm512_unpacklo_epi8(x[1], x[3]), high13 = _mm512_unpackhi_epi8(x[1], x[3]);
  _mm512_storeu_si512(out[0], _mm512_unpacklo_epi16(low02, low13));
  _mm512_storeu_si512(out[1], _mm512_unpackhi_epi16(low02, low13));
  _mm512_storeu_si512(out[2], _mm512_unpacklo_epi16(high02, high13));
  _mm512_storeu_si512(out[3], _mm512_unpackhi_epi16(high02, high13));
}

/// Of row p of a tile.
void load_scales(const Scratch& s, const LatentRows& rows, const std::byte* row, uint32_t p) {
  float* scale = s.scales + size_t{p} * kScaleStride;
  for (uint32_t run = 0; run < s.runs; run += kLanes) {
    const uint32_t left = s.runs - run;
    const auto mask = static_cast<__mmask16>(left < kLanes ? (1u << left) - 1 : 0xffffu);
    const std::byte* halves = row + rows.scales_offset + 2 * run;
    Simd::store(scale + run, _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, halves)));
  }
}

/// Rows first… of which `positions` exist, four by four, each byte read once: keys, values and scales. Of
/// those that do not exist all bytes and scales are 0.
void load_rows(const Scratch& s, const LatentRows& rows, uint32_t first, uint32_t positions,
               uint32_t value_width) {
  const I up = _mm512_set1_epi8(static_cast<char>(0x80));
  const uint32_t width = s.runs * kRun;
  constexpr size_t kRunBytes = size_t{kQuads} * 2 * 64;
  for (uint32_t p = 0; p < round_up(positions, kRows); p += 4) {
    const std::byte* row[4];
    uint64_t exists[4];
    for (uint32_t i = 0; i < 4; ++i) {
      exists[i] = p + i < positions ? ~uint64_t{0} : 0;
      row[i] = rows.first + size_t{first + (exists[i] != 0 ? p + i : 0)} * rows.stride_bytes;
      if (exists[i] != 0)
        load_scales(s, rows, row[i], p + i);
      else
        __builtin_memset(s.scales + size_t{p + i} * kScaleStride, 0, kScaleStride * sizeof(float));
    }
    uint8_t* key = s.keys + size_t{p} * kKeyStride;
    int8_t* value = s.values + size_t{p / 4} * 2 * 64;
    for (uint32_t col = 0; col < width; col += 64, key += 64, value += 2 * kRunBytes) {
      const auto inside = width - col < 64 ? (uint64_t{1} << (width - col)) - 1 : ~uint64_t{0};
      I bytes[4];
#pragma GCC unroll 4
      for (uint32_t i = 0; i < 4; ++i) {
        bytes[i] = _mm512_maskz_loadu_epi8(inside & exists[i], row[i] + col);
        _mm512_storeu_si512(key + i * kKeyStride, _mm512_xor_si512(up, bytes[i]));
      }
      if (col >= value_width) continue;
      int8_t* const outs[4] = {value, value + 64, value + kRunBytes, value + kRunBytes + 64};
      interleave(outs, bytes);
    }
  }
}

// ---- Logits and weights

void score(const Scratch& s, const QueryRun* runs, uint32_t lane, uint32_t positions, Ahead& ahead) {
  for (uint32_t p = 0; p < positions; p += kRows) {
    F sums[kRows];
#pragma GCC unroll 8
    for (uint32_t r = 0; r < kRows; ++r) sums[r] = Simd::set1(0.0f);
    for (uint32_t run = 0; run < s.runs; ++run) {
      ask_for_share(ahead);
      const QueryRun& query = runs[run];
      const uint8_t* key = s.keys + size_t{p} * kKeyStride + run * kRun;
      const float* row_scales = s.scales + size_t{p} * kScaleStride + run;
      I products[kRows];
#pragma GCC unroll 8
      for (uint32_t r = 0; r < kRows; ++r) products[r] = load_integers(query.offset);
#pragma GCC unroll 8
      for (uint32_t step = 0; step < kRunSteps; ++step) {
        const I q = load_integers(query.values[step]);
#pragma GCC unroll 8
        for (uint32_t r = 0; r < kRows; ++r)
          dot_bytes(products[r], broadcast(key + r * kKeyStride + 4 * step), q);
      }
      const F scale = Simd::load(query.scale);
#pragma GCC unroll 8
      for (uint32_t r = 0; r < kRows; ++r) {
        const F row_scale = Simd::set1(row_scales[r * kScaleStride]);
        sums[r] = Simd::fma(Simd::mul(_mm512_cvtepi32_ps(products[r]), scale), row_scale, sums[r]);
      }
    }
#pragma GCC unroll 8
    for (uint32_t r = 0; r < kRows; ++r) Simd::store(s.scores + size_t{p + r} * s.lanes + lane, sums[r]);
  }
}

/// Turns the scores of 16 queries into weights in 16 bits; rows that a query does not see weigh 0.
void weigh(const Scratch& s, uint32_t lane, uint32_t first, uint32_t positions, float softmax_scale) {
  const F factor = Simd::set1(softmax_scale * 1.44269504f);
  const F visible = Simd::load(s.visible + lane);
  const float* scores = s.scores + lane;
  const auto is_visible = [&](uint32_t p) {
    return Simd::greater(visible, Simd::set1(static_cast<float>(first + p)));
  };
  const F nothing = Simd::set1(kNothing);
  F most = nothing;
  for (uint32_t p = 0; p < positions; ++p)
    most = Simd::max(
        most,
        Simd::select(is_visible(p), Simd::mul(Simd::load(scores + size_t{p} * s.lanes), factor), nothing));

  F sum = Simd::set1(0.0f);
  const F unit = Simd::set1(65535.0f);
  for (uint32_t p = 0; p < round_up(positions, 4); p += 2) {
    I both[2];
#pragma GCC unroll 2
    for (uint32_t i = 0; i < 2; ++i) {
      const F logit = Simd::mul(Simd::load(scores + size_t{p + i} * s.lanes), factor);
      const F weight = Simd::select(is_visible(p + i), exp2(Simd::sub(logit, most)), Simd::set1(0.0f));
      sum = Simd::add(sum, weight);
      both[i] = _mm512_cvtps_epu32(Simd::mul(weight, unit));
    }
    _mm512_storeu_si512(s.weights + (size_t{p} / 2 * s.lanes + lane) * 2,
                        _mm512_or_si512(both[0], _mm512_slli_epi32(both[1], 16)));
  }

  const F before = Simd::load(s.largest + lane);
  const F after = Simd::max(before, most);
  const F shrink = exp2(Simd::sub(before, after));
  const F grow = exp2(Simd::sub(most, after));
  const F total = Simd::fma(Simd::load(s.total + lane), shrink, Simd::mul(sum, grow));
  Simd::store(s.largest + lane, after);
  Simd::store(s.total + lane, total);
  Simd::store(s.shrink + lane, shrink);
  Simd::store(s.grow + lane, grow);
  const F so_far = _mm512_min_ps(visible, Simd::set1(static_cast<float>(first + positions)));
  const F large = Simd::mul(total, _mm512_div_ps(Simd::mul(visible, Simd::set1(kLargePart)), so_far));
  const __mmask16 is_exact =
      _mm512_mask_cmp_ps_mask(Simd::greater(sum, Simd::set1(0.0f)), grow, large, _CMP_GT_OQ);
  _mm512_storeu_si512(s.is_exact + lane, _mm512_maskz_set1_epi32(is_exact, -1));
}

// ---- Values

/// The rows' scales in units of the largest one among the first `positions`, and what such a unit is worth.
void compare_scales(const Scratch& s, uint32_t positions) {
  for (uint32_t run = 0; run < s.runs; run += kLanes) {
    const float* scales = s.scales + run;
    F most = Simd::set1(0.0f);
    for (uint32_t p = 0; p < positions; ++p)
      most = Simd::max(most, Simd::load(scales + size_t{p} * kScaleStride));
    const __mmask16 some = Simd::greater(most, Simd::set1(0.0f));
    const F inverse = _mm512_maskz_div_ps(some, Simd::set1(65280.0f), most);
    // Weights are in units of 1/65535, of whose products with ratios the upper 16 bits are taken.
    Simd::store(s.unit + run, Simd::mul(most, Simd::set1(static_cast<float>(65536.0 / 65535.0 / 255.0))));
    for (uint32_t p = 0; p < round_up(positions, 4); p += 2) {
      I both[2];
#pragma GCC unroll 2
      for (uint32_t i = 0; i < 2; ++i) {
        const F ratio = Simd::mul(Simd::load(scales + size_t{p + i} * kScaleStride), inverse);
        both[i] = _mm512_cvtps_epu32(_mm512_min_ps(ratio, Simd::set1(65280.0f)));
      }
      _mm512_storeu_si512(s.ratios + (size_t{p} / 2 * kScaleStride + run) * 2,
                          _mm512_or_si512(both[0], _mm512_slli_epi32(both[1], 16)));
    }
  }
}

/// Thresholds of rounding for four rows, as 16-bit numbers for rows 0 and 1 and for rows 2 and 3: the numbers
/// 8, 24, … 248, each once in 16 rows, those of neighbours far from each other.
struct Thresholds {
  uint16_t pairs[2][2];
};
constexpr Thresholds kThresholds[4] = {
    {{{8, 136}, {72, 200}}}, {{{40, 168}, {104, 232}}}, {{{24, 152}, {88, 216}}}, {{{56, 184}, {120, 248}}}};

/// The weights of 16 queries for a run of columns as bytes, {quads, lanes, 4}.
void split_weights(const Scratch& s, uint32_t lane, uint32_t run, uint32_t quads, bool any_exact) {
  const size_t at = s.split_at(run);
  const I is_exact = load_integers(s.is_exact + lane);
  const I high = _mm512_set1_epi16(static_cast<int16_t>(0xff00));
  for (uint32_t quad = 0; quad < quads; ++quad) {
    I product[2];
#pragma GCC unroll 2
    for (uint32_t i = 0; i < 2; ++i) {
      const size_t pair = 2 * quad + i;
      product[i] = _mm512_mulhi_epu16(load_integers(s.weights + (pair * s.lanes + lane) * 2),
                                      broadcast(s.ratios + (pair * kScaleStride + run) * 2));
    }
    if (any_exact) {
      // (product[0] & 0xff) | (product[1] << 8), where the lower bytes count.
      const I lower = _mm512_ternarylogic_epi32(high, _mm512_slli_epi16(product[1], 8), product[0], 0xca);
      _mm512_storeu_si512(s.lower + at + (size_t{quad} * s.lanes + lane) * 4,
                          _mm512_and_si512(lower, is_exact));
    }
#pragma GCC unroll 2
    for (uint32_t i = 0; i < 2; ++i)
      product[i] = _mm512_add_epi16(product[i],
                                    _mm512_andnot_si512(is_exact, broadcast(kThresholds[quad % 4].pairs[i])));
    // (product[0] >> 8) | (product[1] & 0xff00)
    const I upper = _mm512_ternarylogic_epi32(high, product[1], _mm512_srli_epi16(product[0], 8), 0xca);
    _mm512_storeu_si512(s.upper + at + (size_t{quad} * s.lanes + lane) * 4, upper);
  }
}

/// sums[r][v] = Σ weights of query r · values of 2 × 16 columns
template <uint32_t Rows>
[[gnu::always_inline]] inline void multiply(I (&sums)[Rows][2], const uint8_t* weights, uint32_t lanes,
                                            const int8_t* values, uint32_t quads) {
#pragma GCC unroll 8
  for (uint32_t r = 0; r < Rows; ++r) sums[r][0] = sums[r][1] = _mm512_setzero_si512();
  for (uint32_t quad = 0; quad < quads; ++quad) {
    const I value[2] = {load_integers(values), load_integers(values + 64)};
#pragma GCC unroll 8
    for (uint32_t r = 0; r < Rows; ++r) {
      const I weight = broadcast(weights + 4 * r);
      dot_bytes(sums[r][0], weight, value[0]);
      dot_bytes(sums[r][1], weight, value[1]);
    }
    weights += size_t{lanes} * 4;
    values += 2 * 64;
  }
}

struct Range {
  uint32_t first;
  uint32_t end;
};

/// What becomes of what was gathered before: there is nothing yet, it shrinks, it stays.
enum class Before { Nothing, Shrinks, Stays };

/// out {2 · kLanes} = out · shrink + sums · factor
template <Before kBefore>
[[gnu::always_inline]] inline void add_products(float* out, float shrink, float factor, const I (&sums)[2]) {
#pragma GCC unroll 2
  for (uint32_t v = 0; v < 2; ++v) {
    float* const at = out + v * kLanes;
    const F products = Simd::mul(_mm512_cvtepi32_ps(sums[v]), Simd::set1(factor));
    if constexpr (kBefore == Before::Nothing)
      Simd::store(at, products);
    else if constexpr (kBefore == Before::Shrinks)
      Simd::store(at, Simd::fma(Simd::load(at), Simd::set1(shrink), products));
    else
      Simd::store(at, Simd::add(Simd::load(at), products));
  }
}

/// Adds the tile's values of one run of columns to the sums of those of `Rows` queries that are in `range`.
/// Bytes are worth `part` of a unit.
template <uint32_t Rows, Before kBefore>
void add_run(const Scratch& s, const LatentAttention& a, uint32_t query, Range range, uint32_t run,
             uint32_t quads, const uint8_t* weights, float part) {
  I sums[Rows][2];
  multiply(sums, weights + s.split_at(run) + size_t{query} * 4, s.lanes,
           s.values + size_t{run} * kQuads * 2 * 64, quads);
  float* out = a.sums + size_t{query} * a.value_width + run * kRun;
  const float* grow = s.grow + query;
  const float* shrink = s.shrink + query;
  const float unit = s.unit[run] * part;
  const bool all = query >= range.first && query + Rows <= range.end;
#pragma GCC unroll 8
  for (uint32_t r = 0; r < Rows; ++r)
    if (all || (query + r >= range.first && query + r < range.end))
      add_products<kBefore>(out + size_t{r} * a.value_width, shrink[r], grow[r] * unit, sums[r]);
}

/// The lower bytes of the queries among eight whose weights are multiplied in 16 bits.
void add_lower_bytes(const Scratch& s, const LatentAttention& a, uint32_t query, Range range, uint32_t run,
                     uint32_t quads) {
  constexpr float kPart = 1.0f / 256;
  constexpr uint32_t kFew = 4;  // up to which they are faster one by one
  uint32_t exact = 0;
  for (uint32_t r = 0; r < kRows; ++r) exact += s.is_exact[query + r] & 1;
  if (exact > kFew) return add_run<kRows, Before::Stays>(s, a, query, range, run, quads, s.lower, kPart);
  for (uint32_t r = 0; exact > 0; ++r) {
    if (s.is_exact[query + r] == 0) continue;
    add_run<1, Before::Stays>(s, a, query + r, range, run, quads, s.lower, kPart);
    --exact;
  }
}

/// Adds the tile's values to the sums of the queries of `range`, which all see the first `positions` of it.
template <Before kBefore>
void add_values(const Scratch& s, const LatentAttention& a, Range range, uint32_t positions) {
  compare_scales(s, positions);
  const uint32_t quads = round_up(positions, 4) / 4;
  const auto any_exact = [&](uint32_t lane) {
    return _mm512_test_epi32_mask(load_integers(s.is_exact + lane), load_integers(s.is_exact + lane)) != 0;
  };
  const uint32_t runs = a.value_width / kRun;
  for (uint32_t first = 0; first < runs; first += kRunsAhead) {
    const uint32_t end = first + kRunsAhead < runs ? first + kRunsAhead : runs;
    for (uint32_t run = first; run < end; ++run)
      for (uint32_t lane = range.first / kLanes * kLanes; lane < range.end; lane += kLanes)
        split_weights(s, lane, run, quads, any_exact(lane));
    for (uint32_t run = first; run < end; ++run)
      for (uint32_t query = range.first / kRows * kRows; query < range.end; query += kRows) {
        add_run<kRows, kBefore>(s, a, query, range, run, quads, s.upper, 1.0f);
        add_lower_bytes(s, a, query, range, run, quads);
      }
  }
}

void attend_tile(const Scratch& s, const LatentAttention& a, uint32_t first, uint32_t positions) {
  load_rows(s, a.rows, first, positions, a.value_width);
  const auto* runs = reinterpret_cast<const QueryRun*>(a.packed);
  // The next tile's rows come from memory while the first lanes' scores are computed.
  Ahead next = in_shares(a.rows.first + (first + kTilePositions) * a.rows.stride_bytes,
                         kTilePositions * a.rows.stride_bytes, size_t{kTilePositions / kRows} * s.runs);
  for (uint32_t lane = 0; lane < s.lanes; lane += kLanes) {
    score(s, runs + size_t{lane / kLanes} * s.runs, lane, positions, next);
    weigh(s, lane, first, positions, a.softmax_scale);
  }
  // Queries that see equally much of the tile: all of them, but for the last tiles.
  for (Range range = {0, 0}; range.first < a.queries; range.first = range.end) {
    const auto seen = [&](uint32_t i) {
      return a.visible[i] <= first ? 0 : a.visible[i] - first < positions ? a.visible[i] - first : positions;
    };
    range.end = range.first + 1;
    while (range.end < a.queries && seen(range.end) == seen(range.first)) ++range.end;
    if (seen(range.first) == 0) continue;
    if (first == 0)
      add_values<Before::Nothing>(s, a, range, seen(range.first));
    else
      add_values<Before::Shrinks>(s, a, range, seen(range.first));
  }
}

void attend(const LatentAttention& a) {
  Carver carver(a.scratch);
  const Scratch s(carver, a.queries, a.width, a.value_width);
  for (uint32_t i = 0; i < s.lanes; ++i) {
    s.visible[i] = i < a.queries ? static_cast<float>(a.visible[i]) : 0.0f;
    s.largest[i] = kNothing;
    s.total[i] = 0.0f;
  }
  for (uint32_t first = 0; first < a.rows.count; first += kTilePositions)
    attend_tile(s, a, first, a.rows.count - first < kTilePositions ? a.rows.count - first : kTilePositions);
  hand_back(a, s.largest, s.total);
}

uint32_t padded(uint32_t value_width) {
  return value_width;
}

}  // namespace

const LatentKernels kVnniLatent = {.padded = padded,
                                   .packed_queries_bytes = packed_queries_bytes,
                                   .pack_queries = pack_queries,
                                   .scratch_bytes = scratch_bytes_of<Scratch, uint32_t, uint32_t, uint32_t>,
                                   .attend = attend};

}  // namespace kvasir::engine::cpu
