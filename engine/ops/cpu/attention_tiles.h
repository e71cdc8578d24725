#pragma once

// What absorbed and expanded attention share: small matrix products, rows of the cache, and the online
// softmax over one tile of rows after another. Written on `Simd`, which the including
// translation unit defines in its anonymous namespace before this:
//   kLanes, F (a vector of kLanes floats) and M (a mask of them); set1, load, store, load_f16, load_i8, f16
//   (one half), add, sub, mul, max (the second where one is NaN), fma (a·b + c), greater, select (mask ? a :
//   b), zero_below (x, limit, y: 0 where x < limit, else y), round and scale_by_power (p·2ⁿ); Element, what
//   products multiply, and kStep, how many of them one `dot` adds up in each lane; kVectors, how many vectors
//   lie side by side in a panel; B (kLanes · kStep elements): load_elements, broadcast (kStep elements in all
//   lanes) and dot (sums + a·b); store_pair (2 · kLanes floats as elements in a row) and store_steps (kStep
//   rows of 2 · kLanes floats as elements of a panel's row, or rows).
//
// A panel holds a matrix {depth, cols} for products that sum over its depth:
// {cols / kPanel, depth / kStep, kPanel, kStep}, so that the product walks through it from end to end.

#include "engine/ops/cpu/ahead.h"
#include "engine/ops/cpu/attention_exp2.h"
#include "engine/ops/cpu/attention_rows.h"

namespace kvasir::engine::cpu {
namespace {

using M = Simd::M;
using Element = Simd::Element;
constexpr uint32_t kStep = Simd::kStep;
constexpr uint32_t kPanel = kLanes * Simd::kVectors;
static_assert(kPanel % kChunk == 0 && kTilePositions % 16 == 0 && kQueryRows % Simd::kRows == 0);

// ---- Products

/// The left side of a product: element (row, step) at first + row · row_stride + step · step_stride.
struct Left {
  const Element* first;
  size_t row_stride;
  size_t step_stride;
};

constexpr size_t kAskedLines = 2;  ///< with each step of a product

/// sums[r][c] += Σ over steps of left row r · columns c·kLanes… of the panel. Each step asks for lines of
/// `asked`.
template <uint32_t Rows, uint32_t Vectors, class Asked>
[[gnu::always_inline]] inline void product(F (&sums)[Rows][Vectors], const Left& left, const Element* panel,
                                           size_t panel_step, uint32_t steps, Asked asked) {
  // Three strides of four rows each reach all rows with few registers for addresses.
  const Element* a = left.first;
  const size_t row = left.row_stride;
  const size_t row3 = 3 * row;
  for (uint32_t step = 0; step < steps; ++step) {
    ask_for_lines<kAskedLines>(asked);
    typename Simd::B b[Vectors];
#pragma GCC unroll 4
    for (uint32_t v = 0; v < Vectors; ++v) b[v] = Simd::load_elements(panel + v * kLanes * kStep);
#pragma GCC unroll 16
    for (uint32_t r = 0; r < Rows; ++r) {
      const Element* quad = a + (r / 4) * 4 * row;
      const Element* at = r % 4 == 0   ? quad
                          : r % 4 == 1 ? quad + row
                          : r % 4 == 2 ? quad + 2 * row
                                       : quad + row3;
      const auto x = Simd::broadcast(at);
#pragma GCC unroll 4
      for (uint32_t v = 0; v < Vectors; ++v) sums[r][v] = Simd::dot(sums[r][v], x, b[v]);
    }
    a += left.step_stride;
    panel += panel_step;
  }
}

template <uint32_t Rows, uint32_t Vectors>
[[gnu::always_inline]] inline void clear(F (&sums)[Rows][Vectors]) {
#pragma GCC unroll 16
  for (uint32_t r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (uint32_t v = 0; v < Vectors; ++v) sums[r][v] = Simd::set1(0.0f);
}

// ---- Queries

/// One query into its lane of {steps, lanes, kStep}.
void pack_query(Element* out, uint32_t lanes, const float* query, uint32_t width) {
  for (uint32_t first = 0; first < width; first += kChunk) {
    const uint32_t count = smaller(kChunk, width - first);
    float values[kChunk] = {};
    Element elements[kChunk];
    __builtin_memcpy(values, query + first, count * sizeof(float));
    Simd::store_pair(elements, Simd::load(values), Simd::load(values + kLanes));
    for (uint32_t d = 0; d < round_up(count, kStep); d += kStep)
      __builtin_memcpy(out + size_t{first + d} / kStep * lanes * kStep, elements + d,
                       kStep * sizeof(Element));
  }
}

// ---- The online softmax

/// Queries side by side in lanes, and what they have gathered so far.
struct Block {
  uint32_t queries;
  uint32_t lanes;        ///< queries rounded up to kLanes
  float* visible;        ///< {lanes}: how many rows each may see, 0 for lanes without a query
  float* largest;        ///< {lanes}: the largest logit · log₂ e
  float* total;          ///< {lanes}
  float* factor;         ///< {lanes}: what the sums of earlier tiles are multiplied by
  const Element* query;  ///< {steps, lanes, kStep}
  float* sums;           ///< {lanes, sums_stride}
  uint32_t sums_stride;  ///< whole panels
  bool empty;            ///< nothing gathered yet: the sums hold no numbers
};

/// Buffers of one tile of kTilePositions rows.
struct Tile {
  Element* keys;  ///< {kTilePositions, key_stride}
  uint32_t key_stride;
  uint32_t key_steps;
  Element* values;   ///< panel {kTilePositions, sums_stride}
  float* scores;     ///< {kTilePositions, lanes}
  Element* weights;  ///< {kTilePositions / kStep, lanes, kStep}
};

/// Where the values of position `p`, a multiple of 2, begin in the panel.
Element* value_at(const Tile& tile, uint32_t p, uint32_t col) {
  return tile.values + (size_t{col / kPanel} * kTilePositions + p) * kPanel + size_t{col % kPanel} * kStep;
}

constexpr float kNothing = -1e30f;  ///< below every logit, and finite: differences of two stay numbers

void start(Block& block) {
  for (uint32_t i = 0; i < block.lanes; ++i) {
    block.largest[i] = kNothing;
    block.total[i] = 0.0f;
  }
  block.empty = true;
}

/// scores[p][·] = key p · queries, for positions [0, positions) rounded up to Rows.
template <uint32_t Rows, uint32_t Vectors, class Soon>
void score_columns(const Tile& tile, const Block& block, uint32_t first_lane, uint32_t positions,
                   Soon& soon) {
  for (uint32_t p = 0; p < positions; p += Rows) {
    F sums[Rows][Vectors];
    clear(sums);
    product(sums, {tile.keys + size_t{p} * tile.key_stride, tile.key_stride, kStep},
            block.query + size_t{first_lane} * kStep, size_t{block.lanes} * kStep, tile.key_steps,
            take_steps<kAskedLines>(soon, tile.key_steps, block.query));
#pragma GCC unroll 16
    for (uint32_t r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (uint32_t v = 0; v < Vectors; ++v)
        Simd::store(tile.scores + size_t{p + r} * block.lanes + first_lane + v * kLanes, sums[r][v]);
  }
}

template <class Soon>
void score(const Tile& tile, const Block& block, uint32_t positions, Soon& soon) {
  uint32_t lane = 0;
  for (; lane + Simd::kVectors * kLanes <= block.lanes; lane += Simd::kVectors * kLanes)
    score_columns<Simd::kRows, Simd::kVectors>(tile, block, lane, positions, soon);
  if constexpr (Simd::kVectors > 2)
    for (; lane + 2 * kLanes <= block.lanes; lane += 2 * kLanes)
      score_columns<2 * Simd::kRows, 2>(tile, block, lane, positions, soon);
  for (; lane < block.lanes; lane += kLanes)
    score_columns<Simd::kRows * Simd::kVectors, 1>(tile, block, lane, positions, soon);
}

/// Turns scores into weights, for positions first_position… of the tile, of which `positions` exist.
template <bool Masked>
void weigh_lanes(const Tile& tile, Block& block, uint32_t lane, uint32_t first_position, uint32_t positions,
                 float scale) {
  const F factor = Simd::set1(scale * 1.44269504f);
  const F visible = Simd::load(block.visible + lane);
  const float* scores = tile.scores + lane;
  const auto is_visible = [&](uint32_t p) {
    return Simd::greater(visible, Simd::set1(static_cast<float>(first_position + p)));
  };

  const F before = Simd::load(block.largest + lane);
  F most = before;
  for (uint32_t p = 0; p < positions; ++p) {
    F logit = Simd::mul(Simd::load(scores + size_t{p} * block.lanes), factor);
    if constexpr (Masked) logit = Simd::select(is_visible(p), logit, before);
    most = Simd::max(most, logit);
  }
  Simd::store(block.largest + lane, most);
  const F shrink = exp2(Simd::sub(before, most));
  Simd::store(block.factor + lane, shrink);

  F total = Simd::mul(Simd::load(block.total + lane), shrink);
  for (uint32_t p = 0; p < positions; p += kStep) {
    F weights[kStep];
#pragma GCC unroll 2
    for (uint32_t s = 0; s < kStep; ++s) {
      const F logit = Simd::mul(Simd::load(scores + size_t{p + s} * block.lanes), factor);
      weights[s] = exp2(Simd::sub(logit, most));
      if constexpr (Masked) weights[s] = Simd::select(is_visible(p + s), weights[s], Simd::set1(0.0f));
      total = Simd::add(total, weights[s]);
    }
    Simd::store_weights(tile.weights + (size_t{p} / kStep * block.lanes + lane) * kStep, weights);
  }
  Simd::store(block.total + lane, total);
}

/// sums = sums · factor + weights · values
template <uint32_t Rows, uint32_t Vectors, class Soon>
void add_values(const Tile& tile, const Block& block, uint32_t query, uint32_t col, uint32_t steps,
                Soon& soon) {
  F sums[Rows][Vectors];
  float* out = block.sums + size_t{query} * block.sums_stride + col;
  if (block.empty) {
    clear(sums);
  } else {
#pragma GCC unroll 16
    for (uint32_t r = 0; r < Rows; ++r) {
      const F factor = Simd::set1(block.factor[query + r]);
#pragma GCC unroll 4
      for (uint32_t v = 0; v < Vectors; ++v)
        sums[r][v] = Simd::mul(factor, Simd::load(out + size_t{r} * block.sums_stride + v * kLanes));
    }
  }
  product(sums, {tile.weights + size_t{query} * kStep, kStep, size_t{block.lanes} * kStep},
          tile.values + size_t{col} * kTilePositions, size_t{kPanel} * kStep, steps,
          take_steps<kAskedLines>(soon, steps, tile.weights));
#pragma GCC unroll 16
  for (uint32_t r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (uint32_t v = 0; v < Vectors; ++v)
      Simd::store(out + size_t{r} * block.sums_stride + v * kLanes, sums[r][v]);
}

/// Adds a tile whose keys and values are there to what the queries have gathered. Meanwhile what is read
/// `soon` comes from memory, or Nothing.
template <class Soon>
void attend_tile(const Tile& tile, Block& block, uint32_t first_position, uint32_t positions, bool masked,
                 float scale, Soon& soon) {
  // Rows that do not exist fill the last step; nobody sees them.
  const uint32_t padded = round_up(positions, kStep);
  score(tile, block, positions, soon);
  for (uint32_t lane = 0; lane < block.lanes; lane += kLanes) {
    if (masked || padded != positions)
      weigh_lanes<true>(tile, block, lane, first_position, padded, scale);
    else
      weigh_lanes<false>(tile, block, lane, first_position, positions, scale);
  }
  for (uint32_t col = 0; col < block.sums_stride; col += kPanel)
    for (uint32_t query = 0; query < block.queries; query += Simd::kRows)
      add_values<Simd::kRows, Simd::kVectors>(tile, block, query, col, padded / kStep, soon);
  block.empty = false;
}

}  // namespace
}  // namespace kvasir::engine::cpu
