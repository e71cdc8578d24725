#pragma once

// Absorbed attention in products of 16-bit integers: all heads read the one latent row per position, in F16
// or Q8_0. A row's codes are its key, and the first of them its values.

#include "engine/ops/cpu/attention_words_tiles.h"

namespace kvasir::engine::cpu {
namespace {

struct LatentScratch {
  std::byte* zeros;   ///< {2 · codes}
  std::byte* row[2];  ///< {2 · codes}: rows whose end is no whole chunk, with zeros behind
  float* state[3];    ///< {lanes} each: visible, largest, total
  Tile tile;

  static uint32_t lanes(uint32_t queries) { return round_up(queries, kColumns); }
  LatentScratch(Carver& carver, uint32_t queries, uint32_t width, uint32_t value_width)
      : tile(carver, {width}, kUnit, value_width, lanes(queries)) {
    tile.value_scales = tile.scales;
    for (std::byte** bytes : {&zeros, &row[0], &row[1]})
      carver.take_as(*bytes, size_t{2} * tile.columns.codes());
    for (float*& values : state) carver.take_as(values, lanes(queries));
  }
};

/// Rows p and p + 1 of the tile as keys, values and scales.
template <class RowRun>
void load_pair(const Tile& tile, uint32_t p, const std::byte* const* rows, const std::byte* const* row_scales,
               uint32_t value_width) {
  int16_t* key = tile.key(p);
  for (uint32_t index = 0; index < tile.columns.runs(); ++index) {
    const Run run = tile.columns.run(index);
    const uint32_t columns = run.end - run.first;
    RowRun pair[2] = {{rows[0], row_scales[0], run.first}, {rows[1], row_scales[1], run.first}};
    for (uint32_t i = 0; i < 2; ++i) {
      const RunScale scale = pair[i].scale(columns);
      tile.scales[size_t{index} * kTilePositions + p + i] = scale.scale;
      pair[i].prepare(scale, columns);
    }
    for (uint32_t col = 0; col < columns; col += kChunk, key += kChunk) {
      const I upper = pair[0].codes(col);
      const I lower = pair[1].codes(col);
      store_integers(key, upper);
      store_integers(key + tile.key_stride, lower);
      if (run.first + col < value_width) store_values(tile.values_at(p, run.first + col), upper, lower);
    }
  }
}

/// Rows first + p… of a unit, two by two, of which `count` exist; the others are zeros.
void load_unit(const LatentScratch& s, const LatentRows& rows, uint32_t first, uint32_t p, uint32_t count,
               uint32_t width, uint32_t value_width) {
  const bool is_f16 = rows.type == KvType::F16;
  const size_t row_bytes = size_t{width} * (is_f16 ? 2 : 1);
  for (uint32_t at = 0; at < kUnit; at += 2) {
    const std::byte* row[2];
    const std::byte* scales[2];
    for (uint32_t i = 0; i < 2; ++i) {
      row[i] = scales[i] = s.zeros;
      if (at + i < count) {
        row[i] = rows.first + (first + p + at + i) * rows.stride_bytes;
        scales[i] = row[i] + rows.scales_offset;
      }
      if (width % kChunk == 0) continue;
      __builtin_memcpy(s.row[i], row[i], row_bytes);
      row[i] = s.row[i];
    }
    if (is_f16)
      load_pair<RunF16>(s.tile, p + at, row, scales, value_width);
    else
      load_pair<RunQ8>(s.tile, p + at, row, scales, value_width);
  }
}

void attend_latent(const LatentAttention& a) {
  Carver carver(a.scratch);
  const LatentScratch s(carver, a.queries, a.width, a.value_width);
  const auto [visible, largest, total] = s.state;
  Block block = {.queries = a.queries,
                 .packed = {a.packed, a.queries, {a.width}},
                 .visible = visible,
                 .largest = largest,
                 .total = total,
                 .sums = a.sums,
                 .sums_stride = round_up(a.value_width, kColumns),
                 .empty = true};
  start(block);
  uint32_t least = a.rows.count;
  for (uint32_t i = 0; i < block.packed.lanes; ++i) {
    const uint32_t seen = i < a.queries ? a.visible[i] : 0;
    visible[i] = static_cast<float>(seen);
    if (i < a.queries) least = smaller(least, seen);
  }
  for (std::byte* const bytes : {s.zeros, s.row[0], s.row[1]})
    __builtin_memset(bytes, 0, size_t{2} * s.tile.columns.codes());
  for (uint32_t first = 0; first < a.rows.count; first += kTilePositions) {
    const uint32_t positions = smaller(kTilePositions, a.rows.count - first);
    const std::byte* const next = a.rows.first + (first + kTilePositions) * a.rows.stride_bytes;
    Soon soon = {{next, next + kTilePositions * a.rows.stride_bytes}, a.soon, a.soon_count};
    // Unit by unit, while their keys are in the first-level cache.
    for (uint32_t p = 0; p < positions; p += kUnit) {
      load_unit(s, a.rows, first, p, smaller(kUnit, positions - p), a.width, a.value_width);
      for (uint32_t lane = 0; lane < block.packed.lanes; lane += kColumns)
        score(s.tile, block.packed, lane, p, p + kUnit, soon);
    }
    gather(s.tile, block, first, positions, first + positions > least, a.softmax_scale, soon);
  }
  hand_back(a, largest, total);
}

size_t packed_queries_bytes(uint32_t queries, uint32_t width) {
  return PackedQueries(nullptr, queries, {width}).bytes();
}

void pack_queries(std::byte* out, const float* const* query, uint32_t queries, uint32_t width) {
  const PackedQueries packed(out, queries, {width});
  __builtin_memset(out, 0, packed.bytes());
  for (uint32_t lane = 0; lane < queries; ++lane) packed.pack(lane, query[lane]);
}

uint32_t padded(uint32_t value_width) {
  return round_up(value_width, kColumns);
}

constexpr LatentKernels kLatent = {
    .padded = padded,
    .packed_queries_bytes = packed_queries_bytes,
    .pack_queries = pack_queries,
    .scratch_bytes = scratch_bytes_of<LatentScratch, uint32_t, uint32_t, uint32_t>,
    .attend = attend_latent};

}  // namespace
}  // namespace kvasir::engine::cpu
