#pragma once

// Absorbed attention: all heads read the one latent row per position. Written on `Simd`, see
// attention_tiles.h.

#include "engine/ops/cpu/attention_tiles.h"

namespace kvasir::engine::cpu {
namespace {

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
    const std::byte* const next = a.rows.first + (first + kTilePositions) * a.rows.stride_bytes;
    Soon soon = {{next, next + kTilePositions * a.rows.stride_bytes}, a.soon, a.soon_count};
    attend_tile(scratch.tile, block, first, positions, first + positions > least, a.softmax_scale, soon);
  }
  hand_back(a, block.largest, block.total);
}

size_t packed_queries_bytes(uint32_t queries, uint32_t width) {
  return size_t{round_up(width, kStep)} * round_up(queries, kLanes) * sizeof(Element);
}

void pack_queries(std::byte* out, const float* const* query, uint32_t queries, uint32_t width) {
  const uint32_t lanes = round_up(queries, kLanes);
  auto* packed = reinterpret_cast<Element*>(out);
  __builtin_memset(out, 0, packed_queries_bytes(queries, width));
  for (uint32_t i = 0; i < queries; ++i) pack_query(packed + size_t{i} * kStep, lanes, query[i], width);
}

uint32_t padded(uint32_t value_width) {
  return round_up(value_width, kPanel);
}

constexpr LatentKernels kLatent = {
    .padded = padded,
    .packed_queries_bytes = packed_queries_bytes,
    .pack_queries = pack_queries,
    .scratch_bytes = scratch_bytes_of<LatentScratch, uint32_t, uint32_t, uint32_t>,
    .attend = attend_latent};

}  // namespace
}  // namespace kvasir::engine::cpu
