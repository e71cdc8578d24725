#pragma once

// Attention in products of 16-bit integers: the online softmax over one tile of rows after another. Values
// are codes of twelve bits: their rows' scales go into the weights, which become codes of fourteen bits in
// units of the largest that a query has in a tile.

#include "engine/ops/cpu/ahead.h"
#include "engine/ops/cpu/attention_words_codes.h"

namespace kvasir::engine::cpu {
namespace {

constexpr uint32_t kColumns = kChunk;       ///< queries or columns of a register tile
constexpr uint32_t kRows = 4;               ///< rows or queries of a register tile
constexpr uint32_t kUnit = 8;               ///< rows that a tile is filled up to
constexpr float kLargestWeight = 16384.0f;  // 64 · 2047 · 2¹⁴ < 2³¹
constexpr float kNothing = -1e30f;          ///< below every logit, and finite
static_assert(kTilePositions % kUnit == 0 && kUnit % kRows == 0 && kQueryRows % kRows == 0);

// ---- Products

/// What a product multiplies: kRows rows or queries with 16 columns.
struct Factors {
  const int16_t* left;  ///< pairs of codes of row r at left + r · row_stride
  size_t row_stride;
  size_t left_step;      ///< to the next pair
  const int16_t* right;  ///< {kColumns, 2}
  size_t right_step;
  uint32_t pairs;  ///< a multiple of kUnit / 2
};

/// Two codes in every lane.
I broadcast(const int16_t* pair) {
  int32_t bits;
  __builtin_memcpy(&bits, pair, sizeof(bits));
  return _mm256_set1_epi32(bits);
}

/// sums + both products of pairs. Written out: GCC 12 makes trees of long sums, for which there are no
/// registers.
[[gnu::always_inline]] inline void add_products(I& sums, I a, I b) {
#ifdef __AVXVNNI__
  asm("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sums) : "x"(a), "x"(b));
#else
  const I products = _mm256_madd_epi16(a, b);
  asm("vpaddd %1, %0, %0" : "+x"(sums) : "x"(products));
#endif
}

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

/// One side of a product of codes, with a scale for each run of the columns that are summed over.
struct ScaledCodes {
  const int16_t* codes;
  size_t stride;        ///< from row to row on the left, from pair to pair of columns on the right
  const float* scales;  ///< of the first run
  size_t scale_stride;  ///< from run to run
};

/// out[r][·] = kRows rows · 16 columns of the right side, which are summed over `columns`.
[[gnu::always_inline]] inline void scaled_product(float* out, size_t out_stride, const Columns& columns,
                                                  const ScaledCodes& left, const ScaledCodes& right,
                                                  Soon& soon) {
  for (uint32_t index = 0; index < columns.runs(); ++index) {
    const Run run = columns.run(index);
    I sums[kRows][2];
    product(sums,
            {left.codes + run.first, left.stride, 2, right.codes + run.first / 2 * right.stride, right.stride,
             (run.end - run.first) / 2},
            soon);
    const float* const row_scales = left.scales + index * left.scale_stride;
    const float* const scales = right.scales + index * right.scale_stride;
#pragma GCC unroll 4
    for (uint32_t r = 0; r < kRows; ++r) {
      const F row_scale = Simd::set1(row_scales[r]);
#pragma GCC unroll 2
      for (uint32_t v = 0; v < 2; ++v) {
        float* const at = out + r * out_stride + v * kLanes;
        const F part =
            Simd::mul(Simd::mul(_mm256_cvtepi32_ps(sums[r][v]), row_scale), Simd::load(scales + v * kLanes));
        Simd::store(at, index == 0 ? part : Simd::add(Simd::load(at), part));
      }
    }
  }
}

// ---- Queries and rows

/// Queries as the products want them: codes {columns / 2, lanes, 2}, then scales {runs, lanes}.
struct PackedQueries {
  Columns columns;
  uint32_t lanes;  ///< queries, whole register tiles
  int16_t* codes;
  float* scales;

  PackedQueries(const std::byte* memory, uint32_t queries, const Columns& of)
      : columns(of),
        lanes(round_up(queries, kColumns)),
        codes(reinterpret_cast<int16_t*>(const_cast<std::byte*>(memory))),
        scales(reinterpret_cast<float*>(codes + size_t{columns.codes()} * lanes)) {}
  size_t bytes() const {
    return size_t{columns.codes()} * lanes * sizeof(int16_t) + size_t{columns.runs()} * lanes * sizeof(float);
  }
  /// Both parts of a query stand one behind the other.
  void pack(uint32_t lane, const float* query) const {
    code_lane(codes, scales, lanes, lane, query, columns.width);
    code_lane(codes + size_t{columns.second()} * lanes, scales + size_t{runs_of(columns.width)} * lanes,
              lanes, lane, query + columns.width, columns.more);
  }
};

/// Some queries, and what they have gathered so far.
struct Block {
  uint32_t queries;
  PackedQueries packed;
  float* visible;        ///< {lanes}: how many rows each may see, 0 for lanes without a query
  float* largest;        ///< {lanes}: the largest logit · log₂ e
  float* total;          ///< {lanes}
  float* sums;           ///< {queries rounded up to kRows, sums_stride}
  uint32_t sums_stride;  ///< whole columns of a register tile
  bool empty;            ///< nothing gathered yet: the sums hold no numbers
};

void start(const Block& block) {
  for (uint32_t i = 0; i < block.packed.lanes; ++i) {
    block.largest[i] = kNothing;
    block.total[i] = 0.0f;
  }
}

/// Buffers of one tile of kTilePositions rows.
struct Tile {
  Columns columns;      ///< of keys
  uint32_t key_rows;    ///< of the tile's rows, how many have their keys here at a time
  uint32_t key_stride;  ///< from a row of keys to the next
  int16_t* keys;        ///< {key_rows, key_stride}
  float* scales;        ///< {runs, kTilePositions}: of the keys, 0 for rows that do not exist
  int16_t* values;      ///< {value columns / kColumns, kTilePositions / 2, kColumns, 2}
  float* value_scales;  ///< {value runs, kTilePositions}
  float* scores;        ///< {kTilePositions, lanes}: logits, then weights
  int16_t* weights;     ///< {kTilePositions / 2, lanes, 2}: of one run of values
  float* unit;          ///< {lanes}: what a unit of weights is worth
  float* shrink;        ///< {lanes}: the factor on what was gathered before this tile

  Tile(Carver& carver, const Columns& key_columns, uint32_t rows_of_keys, uint32_t value_width,
       uint32_t lanes)
      : columns(key_columns),
        key_rows(rows_of_keys),
        key_stride(columns.codes() + kColumns) {  // powers of two would fall into the same cache sets
    carver.take_as(keys, size_t{key_rows} * key_stride);
    carver.take_as(scales, size_t{kTilePositions} * columns.runs());
    carver.take_as(values, size_t{kTilePositions} * round_up(value_width, kColumns));
    carver.take_as(value_scales, size_t{kTilePositions} * runs_of(value_width));
    carver.take_as(scores, size_t{kTilePositions} * lanes);
    carver.take_as(weights, size_t{kTilePositions} * lanes);
    carver.take_as(unit, lanes);
    carver.take_as(shrink, lanes);
  }
  int16_t* key(uint32_t p) const { return keys + size_t{p % key_rows} * key_stride; }
  /// Of positions p and p + 1, an even one first: codes of column 0 side by side, then of the next ones.
  int16_t* values_at(uint32_t p, uint32_t col) const {
    return values + size_t{col} * kTilePositions + size_t{p} * kColumns;
  }
};

/// 16 columns of the values of positions p and p + 1. Side by side, codes are in the columns' own order
/// again.
[[gnu::always_inline]] inline void store_values(int16_t* at, I even, I odd) {
  store_integers(at, _mm256_unpacklo_epi16(even, odd));
  store_integers(at + kColumns, _mm256_unpackhi_epi16(even, odd));
}

// ---- Logits and weights

/// scores[p][·] = key p · 16 queries from `lane`, for positions [from, end), whole units.
void score(const Tile& tile, const PackedQueries& queries, uint32_t lane, uint32_t from, uint32_t end,
           Soon& soon) {
  const uint32_t lanes = queries.lanes;
  for (uint32_t p = from; p < end; p += kRows)
    scaled_product(tile.scores + size_t{p} * lanes + lane, lanes, tile.columns,
                   {tile.key(p), tile.key_stride, tile.scales + p, kTilePositions},
                   {queries.codes + size_t{lane} * 2, size_t{lanes} * 2, queries.scales + lane, lanes}, soon);
}

/// Turns the scores of 8 queries into weights; rows that a query does not see, if Masked, weigh 0.
template <bool Masked>
void weigh(const Tile& tile, const Block& block, uint32_t lane, uint32_t first, uint32_t positions,
           float softmax_scale) {
  const uint32_t lanes = block.packed.lanes;
  const F factor = Simd::set1(softmax_scale * 1.44269504f);
  const F visible = Simd::load(block.visible + lane);
  float* const scores = tile.scores + lane;
  const auto where_visible = [&](uint32_t p, F weight, F otherwise) {
    if constexpr (!Masked) return weight;
    return Simd::select(Simd::greater(visible, Simd::set1(static_cast<float>(first + p))), weight, otherwise);
  };
  const auto logit = [&](uint32_t p) { return Simd::mul(Simd::load(scores + size_t{p} * lanes), factor); };
  const F before = Simd::load(block.largest + lane);
  F most = before;
  for (uint32_t p = 0; p < positions; ++p) most = Simd::max(most, where_visible(p, logit(p), before));
  const F shrink = exp2(Simd::sub(before, most));
  F total = Simd::mul(Simd::load(block.total + lane), shrink);
  for (uint32_t p = 0; p < round_up(positions, kUnit); ++p) {
    const F weight = where_visible(p, exp2(Simd::sub(logit(p), most)), Simd::set1(0.0f));
    Simd::store(scores + size_t{p} * lanes, weight);
    total = Simd::add(total, weight);
  }
  Simd::store(block.largest + lane, most);
  Simd::store(block.total + lane, total);
  Simd::store(tile.shrink + lane, shrink);
}

/// The weights of 8 queries times the rows' scales of a run of values, as codes.
void scale_weights(const Tile& tile, uint32_t lanes, uint32_t lane, uint32_t run, uint32_t positions) {
  const float* const weights = tile.scores + lane;
  const float* const scales = tile.value_scales + size_t{run} * kTilePositions;
  const F nothing = Simd::set1(0.0f);
  // What is not seen must not count, even where its scale is no number.
  const auto scaled = [&](uint32_t p) {
    const F weight = Simd::load(weights + size_t{p} * lanes);
    return Simd::select(Simd::greater(weight, nothing), Simd::mul(weight, Simd::set1(scales[p])), nothing);
  };
  F most = nothing;
  for (uint32_t p = 0; p < positions; ++p) most = Simd::max(most, scaled(p));
  const F some = Simd::set1(1e-30f);
  const F inverse = _mm256_and_ps(Simd::greater(most, some), _mm256_div_ps(Simd::set1(kLargestWeight), most));
  Simd::store(tile.unit + lane, Simd::mul(most, Simd::set1(1.0f / kLargestWeight)));
  for (uint32_t p = 0; p < round_up(positions, kUnit); p += 2) {
    const I even = _mm256_cvtps_epi32(Simd::mul(scaled(p), inverse));
    const I odd = _mm256_cvtps_epi32(Simd::mul(scaled(p + 1), inverse));
    store_integers(tile.weights + (size_t{p} / 2 * lanes + lane) * 2,
                   _mm256_or_si256(even, _mm256_slli_epi32(odd, 16)));
  }
}

// ---- Values

/// sums = sums · shrink + weights · values, for the columns of one run.
void add_values(const Tile& tile, const Block& block, uint32_t run, uint32_t positions, Soon& soon) {
  const uint32_t lanes = block.packed.lanes;
  const uint32_t pairs = round_up(positions, kUnit) / 2;
  const uint32_t end = smaller(block.sums_stride, (run + 1) * kRun);
  for (uint32_t col = run * kRun; col < end; col += kColumns) {
    for (uint32_t query = 0; query < block.queries; query += kRows) {
      I sums[kRows][2];
      product(sums,
              {tile.weights + size_t{query} * 2, 2, size_t{lanes} * 2, tile.values_at(0, col), 2 * kColumns,
               pairs},
              soon);
#pragma GCC unroll 4
      for (uint32_t r = 0; r < kRows; ++r) {
        const F unit = Simd::set1(tile.unit[query + r]);
        const F shrink = Simd::set1(tile.shrink[query + r]);
        float* const out = block.sums + size_t{query + r} * block.sums_stride + col;
#pragma GCC unroll 2
        for (uint32_t v = 0; v < 2; ++v) {
          const F part = Simd::mul(_mm256_cvtepi32_ps(sums[r][v]), unit);
          float* const at = out + v * kLanes;
          Simd::store(at, block.empty ? part : Simd::fma(Simd::load(at), shrink, part));
        }
      }
    }
  }
}

/// Adds a tile whose values and scores are there to what the queries have gathered. `first` is the position
/// of the tile's first row; a tile that all queries see whole need not be `masked`.
void gather(const Tile& tile, Block& block, uint32_t first, uint32_t positions, bool masked,
            float softmax_scale, Soon& soon) {
  const uint32_t lanes = block.packed.lanes;
  for (uint32_t lane = 0; lane < lanes; lane += kLanes) {
    if (masked || positions % kUnit != 0)
      weigh<true>(tile, block, lane, first, positions, softmax_scale);
    else
      weigh<false>(tile, block, lane, first, positions, softmax_scale);
  }
  for (uint32_t run = 0; run * kRun < block.sums_stride; ++run) {
    for (uint32_t lane = 0; lane < lanes; lane += kLanes) scale_weights(tile, lanes, lane, run, positions);
    add_values(tile, block, run, positions, soon);
  }
  block.empty = false;
}

}  // namespace
}  // namespace kvasir::engine::cpu
