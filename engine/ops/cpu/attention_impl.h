// The attention kernels over one instruction set, written on `Simd`, which the including translation unit
// defines in its anonymous namespace before this:
//   kLanes, F (a vector of kLanes floats) and M (a mask of them); set1, load, store, load_f16, load_i8, f16
//   (one half), add, sub, mul, max (the second where one is NaN), fma (a·b + c), greater, select (mask ? a :
//   b), zero_below (x, limit, y: 0 where x < limit, else y), round and scale_by_power (p·2ⁿ); Element, what
//   products multiply, and kStep, how many of them one `dot` adds up in each lane; kVectors, how many vectors
//   lie side by side in a panel; B (kLanes · kStep elements): load_elements, broadcast (kStep elements in all
//   lanes) and dot (sums + a·b); store_pair (2 · kLanes floats as elements in a row) and store_steps (kStep
//   rows of 2 · kLanes floats as elements of a panel's row, or rows).
// No include guard: a translation unit includes it once.
//
// A panel holds a matrix {depth, cols} for products that sum over its depth:
// {cols / kPanel, depth / kStep, kPanel, kStep}, so that the product walks through it from end to end.

#include "engine/ops/cpu/attention_exp2.h"

namespace kvasir::engine::cpu {
namespace {

using M = Simd::M;
using Element = Simd::Element;
constexpr uint32_t kLanes = Simd::kLanes;
constexpr uint32_t kStep = Simd::kStep;
constexpr uint32_t kPanel = kLanes * Simd::kVectors;
constexpr uint32_t kChunk = 2 * kLanes;  ///< values that become elements together
static_assert(kPanel % kChunk == 0 && kTilePositions % 16 == 0 && kQueryRows % Simd::kRows == 0);

constexpr uint32_t round_up(uint32_t count, uint32_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}
constexpr uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/// Hands out the parts of a scratch buffer; without a buffer it only counts.
class Carver {
 public:
  explicit Carver(std::byte* base) : base_(base) {}
  template <class T>
  T* take(size_t count) {
    auto* part = reinterpret_cast<T*>(base_ + used_);
    used_ += (count * sizeof(T) + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
    return part;
  }
  size_t used() const { return used_; }

 private:
  std::byte* base_;
  size_t used_ = 0;
};

// ---- Products

/// The left side of a product: element (row, step) at first + row · row_stride + step · step_stride.
struct Left {
  const Element* first;
  size_t row_stride;
  size_t step_stride;
};

/// sums[r][c] += Σ over steps of left row r · columns c·kLanes… of the panel.
template <uint32_t Rows, uint32_t Vectors>
[[gnu::always_inline]] inline void product(F (&sums)[Rows][Vectors], const Left& left, const Element* panel,
                                           size_t panel_step, uint32_t steps) {
  // Three strides of four rows each reach all rows with few registers for addresses.
  const Element* a = left.first;
  const size_t row = left.row_stride;
  const size_t row3 = 3 * row;
  for (uint32_t step = 0; step < steps; ++step) {
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

// ---- Rows of the cache

struct RowF32 {
  static F load(const std::byte* row, const std::byte*, uint32_t col) {
    return Simd::load(reinterpret_cast<const float*>(row) + col);
  }
  static float value(const std::byte* row, const std::byte*, uint32_t col) {
    return reinterpret_cast<const float*>(row)[col];
  }
};

struct RowF16 {
  static F load(const std::byte* row, const std::byte*, uint32_t col) {
    return Simd::load_f16(row + size_t{col} * 2);
  }
  static float value(const std::byte* row, const std::byte*, uint32_t col) {
    return Simd::f16(row + size_t{col} * 2);
  }
};

struct RowQ8 {
  static F load(const std::byte* row, const std::byte* scales, uint32_t col) {
    return Simd::mul(Simd::set1(Simd::f16(scales + col / kKvScaleValues * 2)), Simd::load_i8(row + col));
  }
  static float value(const std::byte* row, const std::byte* scales, uint32_t col) {
    return Simd::f16(scales + col / kKvScaleValues * 2) * static_cast<float>(static_cast<int8_t>(row[col]));
  }
};

/// values {round_up(width, kChunk)}: the row, then zeros.
template <class Row>
void decode_as(float* values, const std::byte* row, const std::byte* scales, uint32_t width) {
  uint32_t col = 0;
  for (; col + kLanes <= width; col += kLanes) Simd::store(values + col, Row::load(row, scales, col));
  for (; col < width; ++col) values[col] = Row::value(row, scales, col);
  for (; col < round_up(width, kChunk); ++col) values[col] = 0.0f;
}

/// Row `index`, or zeros behind the last one.
void decode_row(float* values, const LatentRows& rows, uint32_t index, uint32_t width) {
  const std::byte* row = rows.first + index * rows.stride_bytes;
  if (index >= rows.count)
    for (uint32_t col = 0; col < round_up(width, kChunk); ++col) values[col] = 0.0f;
  else if (rows.type == KvType::F32)
    decode_as<RowF32>(values, row, nullptr, width);
  else if (rows.type == KvType::F16)
    decode_as<RowF16>(values, row, nullptr, width);
  else
    decode_as<RowQ8>(values, row, row + rows.scales_offset, width);
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
template <uint32_t Rows, uint32_t Vectors>
void score_columns(const Tile& tile, const Block& block, uint32_t first_lane, uint32_t positions) {
  for (uint32_t p = 0; p < positions; p += Rows) {
    F sums[Rows][Vectors];
    clear(sums);
    product(sums, {tile.keys + size_t{p} * tile.key_stride, tile.key_stride, kStep},
            block.query + size_t{first_lane} * kStep, size_t{block.lanes} * kStep, tile.key_steps);
#pragma GCC unroll 16
    for (uint32_t r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (uint32_t v = 0; v < Vectors; ++v)
        Simd::store(tile.scores + size_t{p + r} * block.lanes + first_lane + v * kLanes, sums[r][v]);
  }
}

void score(const Tile& tile, const Block& block, uint32_t positions) {
  uint32_t lane = 0;
  for (; lane + Simd::kVectors * kLanes <= block.lanes; lane += Simd::kVectors * kLanes)
    score_columns<Simd::kRows, Simd::kVectors>(tile, block, lane, positions);
  if constexpr (Simd::kVectors > 2)
    for (; lane + 2 * kLanes <= block.lanes; lane += 2 * kLanes)
      score_columns<2 * Simd::kRows, 2>(tile, block, lane, positions);
  for (; lane < block.lanes; lane += kLanes)
    score_columns<Simd::kRows * Simd::kVectors, 1>(tile, block, lane, positions);
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
template <uint32_t Rows, uint32_t Vectors>
void add_values(const Tile& tile, const Block& block, uint32_t query, uint32_t col, uint32_t steps) {
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
          tile.values + size_t{col} * kTilePositions, size_t{kPanel} * kStep, steps);
#pragma GCC unroll 16
  for (uint32_t r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (uint32_t v = 0; v < Vectors; ++v)
      Simd::store(out + size_t{r} * block.sums_stride + v * kLanes, sums[r][v]);
}

/// Memory that is wanted next, asked for some lines at a time: many requests at once would be waited for.
struct Ahead {
  const std::byte* from = nullptr;
  size_t lines = 0;

  /// One of `steps` equal shares of all `total` lines.
  void ask(size_t total, size_t steps) {
    for (size_t share = total / steps + 1; share > 0 && lines > 0; --share, --lines, from += 64)
      __builtin_prefetch(from, 0, 2);
  }
};

/// Adds a tile whose keys and values are there to what the queries have gathered.
void attend_tile(const Tile& tile, Block& block, uint32_t first_position, uint32_t positions, bool masked,
                 float scale, Ahead ahead = {}) {
  // Rows that do not exist fill the last step; nobody sees them.
  const uint32_t padded = round_up(positions, kStep);
  score(tile, block, positions);
  for (uint32_t lane = 0; lane < block.lanes; lane += kLanes) {
    if (masked || padded != positions)
      weigh_lanes<true>(tile, block, lane, first_position, padded, scale);
    else
      weigh_lanes<false>(tile, block, lane, first_position, positions, scale);
  }
  const size_t ahead_lines = ahead.lines;
  const size_t parts = size_t{block.sums_stride / kPanel} * (block.lanes / Simd::kRows);
  for (uint32_t col = 0; col < block.sums_stride; col += kPanel) {
    for (uint32_t query = 0; query < block.queries; query += Simd::kRows) {
      ahead.ask(ahead_lines, parts);
      add_values<Simd::kRows, Simd::kVectors>(tile, block, query, col, padded / kStep);
    }
  }
  block.empty = false;
}

// ---- Absorbed attention

struct LatentScratch {
  float* row[2];
  float* visible;
  float* factor;
  float* largest;
  float* total;
  Tile tile;

  LatentScratch(Carver& carver, uint32_t queries, uint32_t width, uint32_t value_width) {
    const uint32_t lanes = round_up(queries, kLanes);
    const uint32_t key_width = round_up(width, kChunk);
    for (float*& values : row) values = carver.take<float>(key_width);
    for (float** state : {&visible, &factor, &largest, &total}) *state = carver.take<float>(lanes);
    tile.key_stride = key_width;
    tile.key_steps = round_up(width, kStep) / kStep;
    tile.keys = carver.take<Element>(size_t{kTilePositions} * key_width);
    tile.values = carver.take<Element>(size_t{kTilePositions} * round_up(value_width, kPanel));
    tile.scores = carver.take<float>(size_t{kTilePositions} * lanes);
    tile.weights = carver.take<Element>(size_t{kTilePositions} * lanes);
  }
};

/// Two rows as keys, and their beginnings as the panel of values; load(i, col) gives kLanes values of row i.
template <class Load>
[[gnu::always_inline]] inline void load_pair(const Tile& tile, uint32_t p, uint32_t value_width,
                                             const Load& load) {
  Element* key = tile.keys + size_t{p} * tile.key_stride;
  for (uint32_t col = 0; col < tile.key_stride; col += kChunk) {
    const F low0 = load(0, col), high0 = load(0, col + kLanes);
    const F low1 = load(1, col), high1 = load(1, col + kLanes);
    Simd::store_pair(key + col, low0, high0);
    Simd::store_pair(key + tile.key_stride + col, low1, high1);
    if (col < value_width)
      Simd::store_steps(value_at(tile, p, col), size_t{kPanel} * kStep, low0, high0, low1, high1);
  }
}

void load_tile(const LatentScratch& scratch, const LatentRows& rows, uint32_t first, uint32_t positions,
               uint32_t width, uint32_t value_width) {
  for (uint32_t p = 0; p < positions; p += 2) {
    const std::byte* row = rows.first + (first + p) * rows.stride_bytes;
    if (rows.type == KvType::F16 && width % kChunk == 0 && p + 1 < positions) {
      load_pair(scratch.tile, p, value_width, [&](uint32_t i, uint32_t col) {
        return RowF16::load(row + i * rows.stride_bytes, nullptr, col);
      });
      continue;
    }
    for (uint32_t i = 0; i < 2; ++i) decode_row(scratch.row[i], rows, first + p + i, width);
    load_pair(scratch.tile, p, value_width,
              [&](uint32_t i, uint32_t col) { return Simd::load(scratch.row[i] + col); });
  }
}

void attend_latent(const LatentAttention& a) {
  Carver carver(a.scratch);
  const LatentScratch scratch(carver, a.queries, a.width, a.value_width);
  Block block = {};
  block.queries = a.queries;
  block.lanes = round_up(a.queries, kLanes);
  block.visible = scratch.visible;
  block.largest = scratch.largest;
  block.total = scratch.total;
  block.factor = scratch.factor;
  block.query = reinterpret_cast<const Element*>(a.packed);
  block.sums = a.sums;
  block.sums_stride = round_up(a.value_width, kPanel);
  start(block);

  uint32_t least = a.rows.count;
  for (uint32_t i = 0; i < block.lanes; ++i) {
    const uint32_t visible = i < a.queries ? a.visible[i] : 0;
    block.visible[i] = static_cast<float>(visible);
    if (i < a.queries) least = smaller(least, visible);
  }
  for (uint32_t first = 0; first < a.rows.count; first += kTilePositions) {
    const uint32_t positions = smaller(kTilePositions, a.rows.count - first);
    load_tile(scratch, a.rows, first, positions, a.width, a.value_width);
    // The next tile's rows come from memory while this tile is computed with.
    const Ahead next = {a.rows.first + (first + kTilePositions) * a.rows.stride_bytes,
                        kTilePositions * a.rows.stride_bytes / 64};
    attend_tile(scratch.tile, block, first, positions, first + positions > least, a.softmax_scale, next);
  }
  for (uint32_t i = 0; i < a.queries; ++i) {
    a.largest[i] = block.largest[i] * 0.693147181f;
    a.total[i] = block.total[i];
  }
}

size_t packed_queries_bytes(uint32_t queries, uint32_t width) {
  return size_t{round_up(width, kStep)} * round_up(queries, kLanes) * sizeof(Element);
}

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

void pack_queries(std::byte* out, const float* const* query, uint32_t queries, uint32_t width) {
  const uint32_t lanes = round_up(queries, kLanes);
  auto* packed = reinterpret_cast<Element*>(out);
  __builtin_memset(out, 0, packed_queries_bytes(queries, width));
  for (uint32_t i = 0; i < queries; ++i) pack_query(packed + size_t{i} * kStep, lanes, query[i], width);
}

size_t latent_scratch_bytes(uint32_t queries, uint32_t width, uint32_t value_width) {
  Carver carver(nullptr);
  const LatentScratch scratch(carver, queries, width, value_width);
  return carver.used();
}

uint32_t padded(uint32_t value_width) {
  return round_up(value_width, kPanel);
}

// ---- Expanded attention

/// An element of a panel {depth, cols}.
size_t panel_index(uint32_t depth, uint32_t row, uint32_t col) {
  const uint32_t steps = round_up(depth, kStep) / kStep;
  return ((size_t{col / kPanel} * steps + row / kStep) * kPanel + col % kPanel) * kStep + row % kStep;
}

size_t panel_elements(uint32_t depth, uint32_t cols) {
  return size_t{round_up(depth, kStep)} * round_up(cols, kPanel);
}

size_t expansion_bytes(uint32_t kv_lora, uint32_t nope, uint32_t v_head) {
  return (panel_elements(kv_lora, nope) + panel_elements(kv_lora, v_head)) * sizeof(Element);
}

void pack_expansion(std::byte* out, const float* keys, const float* values, uint32_t kv_lora, uint32_t nope,
                    uint32_t v_head) {
  __builtin_memset(out, 0, expansion_bytes(kv_lora, nope, v_head));
  auto* key_panel = reinterpret_cast<Element*>(out);
  Element* value_panel = key_panel + panel_elements(kv_lora, nope);
  for (uint32_t latent = 0; latent < kv_lora; ++latent) {
    for (uint32_t i = 0; i < nope; ++i)
      key_panel[panel_index(kv_lora, latent, i)] = Simd::element(keys[size_t{latent} * nope + i]);
    for (uint32_t i = 0; i < v_head; ++i)
      value_panel[panel_index(kv_lora, latent, i)] = Simd::element(values[size_t{i} * kv_lora + latent]);
  }
}

/// Buffers of one head. Queries are cut into blocks of kMaxQueries, each packed by itself.
struct ExpandedScratch {
  uint32_t rope_at;  ///< where the rope part of keys and queries begins
  uint32_t latent_width;
  uint32_t blocks;
  float* row;
  Element* latents;  ///< {kTilePositions, latent_width}
  Element* queries;  ///< {blocks, key_steps, kMaxQueries, kStep}
  float* sums;       ///< {blocks · kMaxQueries, round_up(v_head, kPanel)}
  float* state[3];   ///< {blocks · kMaxQueries} each: visible, largest, total
  float* factor;     ///< {kMaxQueries}
  Tile tile;

  ExpandedScratch(Carver& carver, const ExpandedAttention& a) {
    rope_at = round_up(a.nope, kChunk);
    latent_width = round_up(a.kv_lora, kChunk);
    blocks = (a.queries + kMaxQueries - 1) / kMaxQueries;
    const size_t lanes = size_t{blocks} * kMaxQueries;
    tile.key_stride = rope_at + round_up(a.rope, kChunk);
    tile.key_steps = (rope_at + round_up(a.rope, kStep)) / kStep;
    row = carver.take<float>(latent_width + round_up(a.rope, kChunk) + kChunk);
    latents = carver.take<Element>(size_t{kTilePositions} * latent_width);
    queries = carver.take<Element>(lanes * tile.key_steps * kStep);
    sums = carver.take<float>(lanes * round_up(a.v_head, kPanel));
    for (float*& values : state) values = carver.take<float>(lanes);
    factor = carver.take<float>(kMaxQueries);
    tile.keys = carver.take<Element>(size_t{kTilePositions} * tile.key_stride);
    tile.values = carver.take<Element>(size_t{kTilePositions} * round_up(a.v_head, kPanel));
    tile.scores = carver.take<float>(size_t{kTilePositions} * kMaxQueries);
    tile.weights = carver.take<Element>(size_t{kTilePositions} * kMaxQueries);
  }

  Block block(const ExpandedAttention& a, uint32_t index) const {
    const size_t first = size_t{index} * kMaxQueries;
    Block block = {};
    block.queries = smaller(kMaxQueries, a.queries - index * kMaxQueries);
    block.lanes = round_up(block.queries, kLanes);
    block.visible = state[0] + first;
    block.largest = state[1] + first;
    block.total = state[2] + first;
    block.factor = factor;
    block.query = queries + first * tile.key_steps * kStep;
    block.sums_stride = round_up(a.v_head, kPanel);
    block.sums = sums + first * block.sums_stride;
    return block;
  }
};

/// Packs the queries, which stand one after another, and begins their sums.
void start_blocks(const ExpandedScratch& scratch, const ExpandedAttention& a) {
  for (uint32_t index = 0; index < scratch.blocks; ++index) {
    Block block = scratch.block(a, index);
    start(block);
    auto* packed = const_cast<Element*>(block.query);
    __builtin_memset(packed, 0, size_t{scratch.tile.key_steps} * block.lanes * kStep * sizeof(Element));
    for (uint32_t i = 0; i < block.lanes; ++i) {
      const uint32_t token = index * kMaxQueries + i;
      block.visible[i] = i < block.queries ? static_cast<float>(a.first_position + token + 1) : 0.0f;
      if (i >= block.queries) continue;
      const float* query = a.query + token * a.query_stride;
      Element* lane = packed + size_t{i} * kStep;
      pack_query(lane, block.lanes, query, a.nope);
      pack_query(lane + size_t{scratch.rope_at} * block.lanes, block.lanes, query + a.nope, a.rope);
    }
  }
}

/// The latents of a tile as elements, and the rope part, which all heads share, into its keys.
void load_latents(const ExpandedScratch& scratch, const ExpandedAttention& a, uint32_t first,
                  uint32_t positions) {
  const Tile& tile = scratch.tile;
  for (uint32_t p = 0; p < positions; ++p) {
    decode_row(scratch.row, a.rows, first + p, a.kv_lora + a.rope);
    const auto store = [](Element* out, const float* values, uint32_t width) {
      for (uint32_t col = 0; col < width; col += kChunk)
        Simd::store_pair(out + col, Simd::load(values + col), Simd::load(values + col + kLanes));
    };
    store(tile.keys + size_t{p} * tile.key_stride + scratch.rope_at, scratch.row + a.kv_lora, a.rope);
    // Past kv_lora stand rope values, which meet rows of zeros only where the depth is odd.
    store(scratch.latents + size_t{p} * scratch.latent_width, scratch.row, a.kv_lora);
  }
}

/// One pair of vectors of columns of a panel times all latents of the tile; calls store(p, col, sums of two
/// rows).
template <class Store>
void expand_panel(const ExpandedScratch& scratch, const Element* panel, uint32_t kv_lora, uint32_t cols,
                  uint32_t positions, const Store& store) {
  const uint32_t steps = round_up(kv_lora, kStep) / kStep;
  for (uint32_t col = 0; col < round_up(cols, kChunk); col += kChunk) {
    const Element* from = panel + (size_t{col / kPanel} * steps * kPanel + col % kPanel) * kStep;
    for (uint32_t p = 0; p < positions; p += Simd::kExpandRows) {
      F sums[Simd::kExpandRows][2];
      clear(sums);
      product(sums, {scratch.latents + size_t{p} * scratch.latent_width, scratch.latent_width, kStep}, from,
              size_t{kPanel} * kStep, steps);
#pragma GCC unroll 8
      for (uint32_t r = 0; r < Simd::kExpandRows; r += 2) store(p + r, col, sums[r], sums[r + 1]);
    }
  }
}

void expand_tile(const ExpandedScratch& scratch, const ExpandedAttention& a, uint32_t positions) {
  const Tile& tile = scratch.tile;
  const auto* key_panel = reinterpret_cast<const Element*>(a.expansion);
  const Element* value_panel = key_panel + panel_elements(a.kv_lora, a.nope);
  expand_panel(scratch, key_panel, a.kv_lora, a.nope, positions,
               [&](uint32_t p, uint32_t col, const F* first, const F* second) {
                 Element* key = tile.keys + size_t{p} * tile.key_stride + col;
                 Simd::store_pair(key, first[0], first[1]);
                 Simd::store_pair(key + tile.key_stride, second[0], second[1]);
               });
  expand_panel(scratch, value_panel, a.kv_lora, a.v_head, positions,
               [&](uint32_t p, uint32_t col, const F* first, const F* second) {
                 Simd::store_steps(value_at(tile, p, col), size_t{kPanel} * kStep, first[0], first[1],
                                   second[0], second[1]);
               });
}

void finish_blocks(const ExpandedScratch& scratch, const ExpandedAttention& a) {
  for (uint32_t token = 0; token < a.queries; ++token) {
    const Block block = scratch.block(a, token / kMaxQueries);
    const uint32_t i = token % kMaxQueries;
    const float* sums = block.sums + size_t{i} * block.sums_stride;
    for (uint32_t d = 0; d < a.v_head; ++d) a.out[token * a.out_stride + d] = sums[d] / block.total[i];
  }
}

void attend_expanded(const ExpandedAttention& a) {
  Carver carver(a.scratch);
  const ExpandedScratch scratch(carver, a);
  start_blocks(scratch, a);
  for (uint32_t first = 0; first < a.rows.count; first += kTilePositions) {
    const uint32_t positions = smaller(kTilePositions, a.rows.count - first);
    load_latents(scratch, a, first, round_up(positions, Simd::kExpandRows));
    expand_tile(scratch, a, positions);
    for (uint32_t index = 0; index < scratch.blocks; ++index) {
      Block block = scratch.block(a, index);
      block.empty = first == 0;
      // The first query of a block sees the least, the last one the most.
      const uint32_t least = a.first_position + index * kMaxQueries + 1;
      const uint32_t most = least + block.queries - 1;
      if (first >= most) continue;
      attend_tile(scratch.tile, block, first, smaller(positions, most - first), first + positions > least,
                  a.softmax_scale);
    }
  }
  finish_blocks(scratch, a);
}

size_t expanded_scratch_bytes(const ExpandedAttention& attention) {
  Carver carver(nullptr);
  const ExpandedScratch scratch(carver, attention);
  return carver.used();
}

constexpr AttentionKernels kAttention = {.name = Simd::kName,
                                         .latent = {.padded = padded,
                                                    .packed_queries_bytes = packed_queries_bytes,
                                                    .pack_queries = pack_queries,
                                                    .scratch_bytes = latent_scratch_bytes,
                                                    .attend = attend_latent},
                                         .latent_q8 = Simd::kLatentQ8,
                                         .expansion_bytes = expansion_bytes,
                                         .pack_expansion = pack_expansion,
                                         .expanded_scratch_bytes = expanded_scratch_bytes,
                                         .attend_expanded = attend_expanded};

}  // namespace
}  // namespace kvasir::engine::cpu
