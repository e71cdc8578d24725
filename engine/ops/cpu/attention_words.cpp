#include "engine/ops/cpu/ahead.h"
#include "engine/ops/cpu/attention_avx2.h"
#include "engine/ops/cpu/attention_buffers.h"

namespace kvasir::engine::cpu {
namespace {
using Simd = Avx2Floats;
}
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/attention_exp2.h"

// Absorbed attention in products of 16-bit integers (AVX2), which come twice as fast as products of floats.
//
// Rows and queries become codes of twelve bits with a scale for each run of columns, so that the sum of a
// run's products fits 32 bits. Values are the rows' codes: the rows' scales go into the weights, which become
// codes of fourteen bits in units of the largest that a query has in a tile.
//
// Codes are made of 16 columns at a time, which AVX2 packs in the order 0–3, 8–11, 4–7, 12–15: rows and
// queries alike.

namespace kvasir::engine::cpu {
namespace {

using I = __m256i;

constexpr uint32_t kLanes = 8;
constexpr uint32_t kColumns = 2 * kLanes;   ///< that become codes together; queries or columns of a tile
constexpr uint32_t kRows = 4;               ///< rows or queries of a register tile
constexpr uint32_t kUnit = 8;               ///< rows that a tile is filled up to
constexpr uint32_t kRun = 512;              ///< columns that share a scale
constexpr float kLargestCode = 2047.0f;     // 512 · 2047² < 2³¹
constexpr float kLargestWeight = 16384.0f;  // 64 · 2047 · 2¹⁴ < 2³¹
constexpr float kNothing = -1e30f;          ///< below every logit, and finite

/// Queries as the products want them: codes {columns / 2, lanes, 2}, then scales {runs, lanes}.
struct PackedQueries {
  uint32_t lanes;  ///< queries, whole register tiles
  uint32_t columns;
  uint32_t runs;
  int16_t* codes;
  float* scales;

  PackedQueries(const std::byte* memory, uint32_t queries, uint32_t width)
      : lanes(round_up(queries, kColumns)),
        columns(round_up(width, kColumns)),
        runs(round_up(width, kRun) / kRun),
        codes(reinterpret_cast<int16_t*>(const_cast<std::byte*>(memory))),
        scales(reinterpret_cast<float*>(codes + size_t{columns} * lanes)) {}
  size_t bytes() const {
    return size_t{columns} * lanes * sizeof(int16_t) + size_t{runs} * lanes * sizeof(float);
  }
};

/// Buffers of a tile of kTilePositions rows.
struct Scratch {
  uint32_t lanes;
  uint32_t columns;     ///< of a row: whole chunks
  uint32_t key_stride;  ///< from a row of keys to the next
  uint32_t runs;
  std::byte* zeros;   ///< {2 · columns}
  std::byte* row[2];  ///< {2 · columns}: rows whose end is no whole chunk, with zeros behind
  int16_t* keys;      ///< {kTilePositions, key_stride}
  float* scales;      ///< {runs, kTilePositions}: of the rows, 0 for those that do not exist
  int16_t* values;    ///< {value columns / kColumns, kTilePositions / 2, kColumns, 2}
  float* scores;      ///< {kTilePositions, lanes}: logits, then weights
  int16_t* weights;   ///< {kTilePositions / 2, lanes, 2}: of one run
  float* unit;        ///< {lanes}: what a unit of weights is worth
  float* visible;     ///< {lanes}
  float* largest;     ///< {lanes}: the largest logit · log₂ e
  float* total;       ///< {lanes}
  float* shrink;      ///< {lanes}: the factor on what was gathered before this tile

  Scratch(Carver& carver, uint32_t queries, uint32_t width, uint32_t value_width)
      : lanes(round_up(queries, kColumns)),
        columns(round_up(width, kColumns)),
        key_stride(columns + kColumns),  // rows a power of two apart would fall into the same cache sets
        runs(round_up(width, kRun) / kRun) {
    for (std::byte** bytes : {&zeros, &row[0], &row[1]}) carver.take_as(*bytes, size_t{2} * columns);
    carver.take_as(keys, size_t{kTilePositions} * key_stride);
    carver.take_as(scales, size_t{kTilePositions} * runs);
    carver.take_as(values, size_t{kTilePositions} * round_up(value_width, kColumns));
    carver.take_as(scores, size_t{kTilePositions} * lanes);
    carver.take_as(weights, size_t{kTilePositions} * lanes);
    for (float** state : {&unit, &visible, &largest, &total, &shrink}) carver.take_as(*state, lanes);
  }
};

I load_integers(const void* p) {
  return _mm256_loadu_si256(static_cast<const I*>(p));
}
void store_integers(void* p, I x) {
  _mm256_storeu_si256(static_cast<I*>(p), x);
}
/// Two codes in every lane.
I broadcast(const int16_t* pair) {
  int32_t bits;
  __builtin_memcpy(&bits, pair, sizeof(bits));
  return _mm256_set1_epi32(bits);
}
/// sums + both products of pairs. The addition is written out: GCC 12 makes trees of long sums, for which
/// there are no registers.
[[gnu::always_inline]] inline void add_products(I& sums, I a, I b) {
  const I products = _mm256_madd_epi16(a, b);
  asm("vpaddd %1, %0, %0" : "+x"(sums) : "x"(products));
}

// ---- Codes

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

/// For values up to the half with these bits, times `factor`.
RunScale scale_of_half(uint16_t bits, float factor) {
  return scale_to(_mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits))) * factor);
}

/// For `count` values.
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

/// 16 values as codes, in AVX2's order.
I codes_of(F low, F high, F inverse) {
  return _mm256_packs_epi32(_mm256_cvtps_epi32(Simd::mul(low, inverse)),
                            _mm256_cvtps_epi32(Simd::mul(high, inverse)));
}

void pack_queries(std::byte* out, const float* const* query, uint32_t queries, uint32_t width) {
  const PackedQueries packed(out, queries, width);
  __builtin_memset(out, 0, packed.bytes());
  for (uint32_t lane = 0; lane < queries; ++lane) {
    for (uint32_t run = 0; run < packed.runs; ++run) {
      alignas(32) float values[kRun] = {};
      const uint32_t first = run * kRun;
      const uint32_t columns = smaller(kRun, packed.columns - first);
      __builtin_memcpy(values, query[lane] + first, smaller(kRun, width - first) * sizeof(float));
      const RunScale scale = scale_of(values, columns);
      packed.scales[size_t{run} * packed.lanes + lane] = scale.scale;
      for (uint32_t col = 0; col < columns; col += kColumns) {
        alignas(32) int16_t codes[kColumns];
        store_integers(codes, codes_of(Simd::load(values + col), Simd::load(values + col + kLanes),
                                       Simd::set1(scale.inverse)));
        for (uint32_t i = 0; i < kColumns; i += 2)
          __builtin_memcpy(packed.codes + (size_t{first + col + i} / 2 * packed.lanes + lane) * 2, codes + i,
                           2 * sizeof(int16_t));
      }
    }
  }
}

// ---- Rows

/// A run of a row in F16.
struct RunF16 {
  const std::byte* values;
  F inverse;

  RunF16(const std::byte* row, const std::byte*, uint32_t col) : values(row + 2 * col) {}

  /// Values of which one is no finite number have the scale NaN.
  RunScale scale(uint32_t columns) const {
    const I magnitude = _mm256_set1_epi16(0x7fff);
    I most = _mm256_setzero_si256();
    for (uint32_t col = 0; col < columns; col += kColumns)
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

/// A run of a row in Q8_0. Its codes are the bytes times the ratio of their own scale to the run's.
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

/// Rows p and p + 1 of the tile as keys, values and scales.
template <class Run>
void load_pair(const Scratch& s, uint32_t p, const std::byte* const* rows, const std::byte* const* row_scales,
               uint32_t value_width) {
  int16_t* key = s.keys + size_t{p} * s.key_stride;
  int16_t* value = s.values + size_t{p} * kColumns;
  for (uint32_t run = 0; run < s.runs; ++run) {
    const uint32_t first = run * kRun;
    const uint32_t columns = smaller(kRun, s.columns - first);
    Run pair[2] = {{rows[0], row_scales[0], first}, {rows[1], row_scales[1], first}};
    for (uint32_t i = 0; i < 2; ++i) {
      const RunScale scale = pair[i].scale(columns);
      s.scales[size_t{run} * kTilePositions + p + i] = scale.scale;
      pair[i].prepare(scale, columns);
    }
    for (uint32_t col = 0; col < columns; col += kColumns, key += kColumns) {
      const I upper = pair[0].codes(col);
      const I lower = pair[1].codes(col);
      store_integers(key, upper);
      store_integers(key + s.key_stride, lower);
      if (first + col >= value_width) continue;
      // Side by side they are in the columns' own order again.
      store_integers(value, _mm256_unpacklo_epi16(upper, lower));
      store_integers(value + kColumns, _mm256_unpackhi_epi16(upper, lower));
      value += size_t{kTilePositions} * kColumns;
    }
  }
}

/// Rows first… two by two; a unit is filled up with zeros.
void load_rows(const Scratch& s, const LatentRows& rows, uint32_t first, uint32_t positions, uint32_t width,
               uint32_t value_width) {
  const bool is_f16 = rows.type == KvType::F16;
  const size_t row_bytes = size_t{width} * (is_f16 ? 2 : 1);
  for (uint32_t p = 0; p < round_up(positions, kUnit); p += 2) {
    const std::byte* row[2];
    const std::byte* scales[2];
    for (uint32_t i = 0; i < 2; ++i) {
      row[i] = scales[i] = s.zeros;
      if (p + i < positions) {
        row[i] = rows.first + (first + p + i) * rows.stride_bytes;
        scales[i] = row[i] + rows.scales_offset;
      }
      if (width % kColumns == 0) continue;
      __builtin_memcpy(s.row[i], row[i], row_bytes);
      row[i] = s.row[i];
    }
    if (is_f16)
      load_pair<RunF16>(s, p, row, scales, value_width);
    else
      load_pair<RunQ8>(s, p, row, scales, value_width);
  }
}

// ---- Logits and weights

/// What a product multiplies: kRows rows or queries with 16 columns.
struct Factors {
  const int16_t* left;  ///< pairs of codes of row r at left + r · row_stride
  size_t row_stride;
  size_t left_step;      ///< to the next pair
  const int16_t* right;  ///< {2 · kLanes, 2}
  size_t right_step;
  uint32_t pairs;  ///< a multiple of kUnit / 2
};

/// sums[r] = Σ over pairs of row r · 16 columns. Meanwhile what is read `soon` comes from memory.
/// Not inlined: with anything around it, GCC 12 has no registers left for all sums.
[[gnu::noinline]] void product(I (&out)[kRows][2], const Factors& factors, Soon& soon) {
  constexpr uint32_t kTogether = 4;
  const int16_t* left = factors.left;
  const int16_t* right = factors.right;
  const size_t row = factors.row_stride;
  const size_t row3 = 3 * row;
  const size_t left_step = factors.left_step;
  const size_t right_step = factors.right_step;
  Asked asked = take_steps<1>(soon, factors.pairs / kTogether, right);
  I sums[kRows][2] = {};
  for (uint32_t pairs = factors.pairs; pairs != 0; pairs -= kTogether) {
    ask_for_lines<1>(asked);
#pragma GCC unroll 4
    for (uint32_t i = 0; i < kTogether; ++i) {
      const I columns[2] = {load_integers(right), load_integers(right + kColumns)};
      const int16_t* const rows[kRows] = {left, left + row, left + 2 * row, left + row3};
#pragma GCC unroll 4
      for (uint32_t r = 0; r < kRows; ++r) {
        const I x = broadcast(rows[r]);
        add_products(sums[r][0], x, columns[0]);
        add_products(sums[r][1], x, columns[1]);
      }
      left += left_step;
      right += right_step;
    }
  }
#pragma GCC unroll 4
  for (uint32_t r = 0; r < kRows; ++r) {
    out[r][0] = sums[r][0];
    out[r][1] = sums[r][1];
  }
}

/// scores[p][·] = key p · 16 queries from `lane`, for positions [0, positions) rounded up to kUnit.
void score(const Scratch& s, const PackedQueries& queries, uint32_t lane, uint32_t positions, Soon& soon) {
  for (uint32_t p = 0; p < round_up(positions, kUnit); p += kRows) {
    float* const out = s.scores + size_t{p} * s.lanes + lane;
    for (uint32_t run = 0; run < s.runs; ++run) {
      const uint32_t first = run * kRun;
      const uint32_t pairs = smaller(kRun, s.columns - first) / 2;
      const int16_t* const codes = queries.codes + (size_t{first} / 2 * s.lanes + lane) * 2;
      I sums[kRows][2];
      product(sums,
              {s.keys + size_t{p} * s.key_stride + first, s.key_stride, 2, codes, size_t{s.lanes} * 2, pairs},
              soon);
      const float* const query_scales = queries.scales + size_t{run} * s.lanes + lane;
      const float* const row_scales = s.scales + size_t{run} * kTilePositions + p;
#pragma GCC unroll 4
      for (uint32_t r = 0; r < kRows; ++r) {
        const F row_scale = Simd::set1(row_scales[r]);
#pragma GCC unroll 2
        for (uint32_t v = 0; v < 2; ++v) {
          float* const at = out + size_t{r} * s.lanes + v * kLanes;
          const F part = Simd::mul(Simd::mul(_mm256_cvtepi32_ps(sums[r][v]), row_scale),
                                   Simd::load(query_scales + v * kLanes));
          Simd::store(at, run == 0 ? part : Simd::add(Simd::load(at), part));
        }
      }
    }
  }
}

/// Turns the scores of 8 queries into weights; rows that a query does not see weigh 0.
void weigh(const Scratch& s, uint32_t lane, uint32_t first, uint32_t positions, float softmax_scale) {
  const F factor = Simd::set1(softmax_scale * 1.44269504f);
  const F visible = Simd::load(s.visible + lane);
  float* const scores = s.scores + lane;
  const auto is_visible = [&](uint32_t p) {
    return Simd::greater(visible, Simd::set1(static_cast<float>(first + p)));
  };
  const F before = Simd::load(s.largest + lane);
  F most = before;
  for (uint32_t p = 0; p < positions; ++p) {
    const F logit = Simd::mul(Simd::load(scores + size_t{p} * s.lanes), factor);
    most = Simd::max(most, Simd::select(is_visible(p), logit, before));
  }
  const F shrink = exp2(Simd::sub(before, most));
  F total = Simd::mul(Simd::load(s.total + lane), shrink);
  for (uint32_t p = 0; p < round_up(positions, kUnit); ++p) {
    const F logit = Simd::mul(Simd::load(scores + size_t{p} * s.lanes), factor);
    const F weight = Simd::select(is_visible(p), exp2(Simd::sub(logit, most)), Simd::set1(0.0f));
    Simd::store(scores + size_t{p} * s.lanes, weight);
    total = Simd::add(total, weight);
  }
  Simd::store(s.largest + lane, most);
  Simd::store(s.total + lane, total);
  Simd::store(s.shrink + lane, shrink);
}

/// The weights of 8 queries times the rows' scales of a run, as codes.
void scale_weights(const Scratch& s, uint32_t lane, uint32_t run, uint32_t positions) {
  const float* const weights = s.scores + lane;
  const float* const scales = s.scales + size_t{run} * kTilePositions;
  const F nothing = Simd::set1(0.0f);
  // What is not seen must not count, even where its scale is no number.
  const auto scaled = [&](uint32_t p) {
    const F weight = Simd::load(weights + size_t{p} * s.lanes);
    return Simd::select(Simd::greater(weight, nothing), Simd::mul(weight, Simd::set1(scales[p])), nothing);
  };
  F most = nothing;
  for (uint32_t p = 0; p < positions; ++p) most = Simd::max(most, scaled(p));
  const F some = Simd::set1(1e-30f);
  const F inverse = _mm256_and_ps(Simd::greater(most, some), _mm256_div_ps(Simd::set1(kLargestWeight), most));
  Simd::store(s.unit + lane, Simd::mul(most, Simd::set1(1.0f / kLargestWeight)));
  for (uint32_t p = 0; p < round_up(positions, kUnit); p += 2) {
    const I even = _mm256_cvtps_epi32(Simd::mul(scaled(p), inverse));
    const I odd = _mm256_cvtps_epi32(Simd::mul(scaled(p + 1), inverse));
    store_integers(s.weights + (size_t{p} / 2 * s.lanes + lane) * 2,
                   _mm256_or_si256(even, _mm256_slli_epi32(odd, 16)));
  }
}

// ---- Values

/// sums = sums · shrink + weights · values, for the columns of one run.
void add_values(const Scratch& s, const LatentAttention& a, uint32_t run, uint32_t positions, bool is_first,
                Soon& soon) {
  const uint32_t stride = round_up(a.value_width, kColumns);
  const uint32_t pairs = round_up(positions, kUnit) / 2;
  const uint32_t end = smaller(stride, (run + 1) * kRun);
  for (uint32_t col = run * kRun; col < end; col += kColumns) {
    const int16_t* const values = s.values + size_t{col} * kTilePositions;
    for (uint32_t query = 0; query < a.queries; query += kRows) {
      I sums[kRows][2];
      product(sums, {s.weights + size_t{query} * 2, 2, size_t{s.lanes} * 2, values, 2 * kColumns, pairs},
              soon);
#pragma GCC unroll 4
      for (uint32_t r = 0; r < kRows; ++r) {
        const F unit = Simd::set1(s.unit[query + r]);
        const F shrink = Simd::set1(s.shrink[query + r]);
        float* const out = a.sums + size_t{query + r} * stride + col;
#pragma GCC unroll 2
        for (uint32_t v = 0; v < 2; ++v) {
          const F part = Simd::mul(_mm256_cvtepi32_ps(sums[r][v]), unit);
          float* const at = out + v * kLanes;
          Simd::store(at, is_first ? part : Simd::fma(Simd::load(at), shrink, part));
        }
      }
    }
  }
}

void attend_tile(const Scratch& s, const LatentAttention& a, uint32_t first, uint32_t positions) {
  load_rows(s, a.rows, first, positions, a.width, a.value_width);
  const std::byte* const next = a.rows.first + (first + kTilePositions) * a.rows.stride_bytes;
  Soon soon = {{next, next + kTilePositions * a.rows.stride_bytes}, a.soon, a.soon_count};
  const PackedQueries queries(a.packed, a.queries, a.width);
  for (uint32_t lane = 0; lane < s.lanes; lane += kColumns) score(s, queries, lane, positions, soon);
  for (uint32_t lane = 0; lane < s.lanes; lane += kLanes) weigh(s, lane, first, positions, a.softmax_scale);
  for (uint32_t run = 0; run * kRun < a.value_width; ++run) {
    for (uint32_t lane = 0; lane < s.lanes; lane += kLanes) scale_weights(s, lane, run, positions);
    add_values(s, a, run, positions, first == 0, soon);
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
  for (std::byte* const bytes : {s.zeros, s.row[0], s.row[1]})
    __builtin_memset(bytes, 0, size_t{2} * s.columns);
  for (uint32_t first = 0; first < a.rows.count; first += kTilePositions)
    attend_tile(s, a, first, smaller(kTilePositions, a.rows.count - first));
  for (uint32_t i = 0; i < a.queries; ++i) {
    a.largest[i] = s.largest[i] * 0.693147181f;
    a.total[i] = s.total[i];
  }
}

size_t packed_queries_bytes(uint32_t queries, uint32_t width) {
  return PackedQueries(nullptr, queries, width).bytes();
}

size_t scratch_bytes(uint32_t queries, uint32_t width, uint32_t value_width) {
  Carver carver(nullptr);
  const Scratch scratch(carver, queries, width, value_width);
  return carver.used();
}

uint32_t padded(uint32_t value_width) {
  return round_up(value_width, kColumns);
}

}  // namespace

const LatentKernels kWordsLatent = {.padded = padded,
                                    .packed_queries_bytes = packed_queries_bytes,
                                    .pack_queries = pack_queries,
                                    .scratch_bytes = scratch_bytes,
                                    .attend = attend};

}  // namespace kvasir::engine::cpu
