#pragma once

// Expanded attention: each head's keys and values are made from the latent rows, tile by tile. Written on
// `Simd`, see attention_tiles.h.

#include "engine/ops/cpu/attention_tiles.h"

namespace kvasir::engine::cpu {
namespace {

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
              size_t{kPanel} * kStep, steps, Nothing());
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
      Nothing nothing;
      attend_tile(scratch.tile, block, first, smaller(positions, most - first), first + positions > least,
                  a.softmax_scale, nothing);
    }
  }
  finish_blocks(scratch, a);
}

constexpr ExpandedKernels kExpanded = {
    .expansion_bytes = expansion_bytes,
    .pack_expansion = pack_expansion,
    .scratch_bytes = scratch_bytes_of<ExpandedScratch, const ExpandedAttention&>,
    .attend = attend_expanded};

}  // namespace
}  // namespace kvasir::engine::cpu
