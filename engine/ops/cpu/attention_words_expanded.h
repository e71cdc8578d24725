#pragma once

// Expanded attention in products of 16-bit integers: each head's keys and values are made from the latent
// rows, tile by tile. Latents, up-projections, and the keys and values that come of them become codes.

#include "engine/ops/cpu/attention_words_tiles.h"

namespace kvasir::engine::cpu {
namespace {

// ---- Up-projections

/// A matrix {kv_lora, cols}: codes {cols / kColumns, kv_lora / 2, kColumns, 2}, then scales {runs, cols},
/// both with whole chunks. The pairs of rows stand in the order of codes.
struct Panel {
  Columns latents;  ///< of a latent, which are the matrix' rows
  uint32_t cols;    ///< whole chunks
  int16_t* codes;
  float* scales;

  Panel(const std::byte* memory, uint32_t kv_lora, uint32_t width)
      : latents{kv_lora},
        cols(round_up(width, kColumns)),
        codes(reinterpret_cast<int16_t*>(const_cast<std::byte*>(memory))),
        scales(reinterpret_cast<float*>(codes + size_t{latents.codes()} * cols)) {}
  size_t bytes() const {
    return size_t{cols} * (latents.codes() * sizeof(int16_t) + latents.runs() * sizeof(float));
  }
  int16_t* at(uint32_t row, uint32_t col) const {
    return codes + size_t{col} * latents.codes() + size_t{row} * kColumns;
  }
};

/// What makes keys and values of latents, for one head.
struct Expansion {
  Panel keys;
  Panel values;

  Expansion(const std::byte* memory, uint32_t kv_lora, uint32_t nope, uint32_t v_head)
      : keys(memory, kv_lora, nope),
        values(memory + (memory == nullptr ? 0 : keys.bytes()), kv_lora, v_head) {}
  size_t bytes() const {
    return round_up(static_cast<uint32_t>(keys.bytes() + values.bytes()), kBufferAlignment);
  }
};

size_t expansion_bytes(uint32_t kv_lora, uint32_t nope, uint32_t v_head) {
  return Expansion(nullptr, kv_lora, nope, v_head).bytes();
}

/// at(latent, i): the matrix.
template <class At>
void pack_panel(const Panel& panel, uint32_t kv_lora, uint32_t width, const At& at) {
  for (uint32_t col = 0; col < width; ++col) {
    for (uint32_t first = 0; first < kv_lora; first += kRun) {
      const uint32_t count = smaller(kRun, kv_lora - first);
      float values[kRun];
      for (uint32_t i = 0; i < count; ++i) values[i] = at(first + i, col);
      // Columns of a register tile are lanes, side by side.
      const uint32_t lane = col % kColumns;
      float* const scales = panel.scales + size_t{first / kRun} * panel.cols + (col - lane);
      code_lane(panel.at(first, col - lane), scales, kColumns, lane, values, count);
    }
  }
}

void pack_expansion(std::byte* out, const float* keys, const float* values, uint32_t kv_lora, uint32_t nope,
                    uint32_t v_head) {
  const Expansion expansion(out, kv_lora, nope, v_head);
  __builtin_memset(out, 0, expansion.bytes());
  pack_panel(expansion.keys, kv_lora, nope,
             [&](uint32_t latent, uint32_t i) { return keys[size_t{latent} * nope + i]; });
  pack_panel(expansion.values, kv_lora, v_head,
             [&](uint32_t latent, uint32_t i) { return values[size_t{i} * kv_lora + latent]; });
}

// ---- Tiles

/// Buffers of one head. Queries are cut into blocks of kMaxQueries, each packed by itself.
struct ExpandedScratch {
  uint32_t blocks;
  uint32_t sums_stride;
  uint32_t latent_stride;
  uint32_t expanded_stride;
  float* row;            ///< {kv_lora + rope}, and room to read on
  int16_t* latents;      ///< {kTilePositions, latent_stride}
  float* latent_scales;  ///< {runs, kTilePositions}
  float* expanded;       ///< {kTilePositions, expanded_stride}: keys, then values
  std::byte* queries;    ///< {blocks}
  float* sums;           ///< {blocks · kMaxQueries, sums_stride}
  float* state[3];       ///< {blocks · kMaxQueries} each: visible, largest, total
  Tile tile;

  ExpandedScratch(Carver& carver, const ExpandedAttention& a)
      : blocks((a.queries + kMaxQueries - 1) / kMaxQueries),
        sums_stride(round_up(a.v_head, kColumns)),
        latent_stride(round_up(a.kv_lora, kChunk) + kChunk),
        expanded_stride(round_up(a.nope > a.v_head ? a.nope : a.v_head, kColumns)),
        tile(carver, {a.nope, a.rope}, kTilePositions, a.v_head, kMaxQueries) {
    const size_t lanes = size_t{blocks} * kMaxQueries;
    carver.take_as(row, round_up(a.kv_lora + a.rope, kChunk) + kChunk);
    carver.take_as(latents, size_t{kTilePositions} * latent_stride);
    carver.take_as(latent_scales, size_t{kTilePositions} * runs_of(a.kv_lora));
    carver.take_as(expanded, size_t{kTilePositions} * expanded_stride);
    carver.take_as(queries, blocks * packed(0, kMaxQueries).bytes());
    carver.take_as(sums, lanes * sums_stride);
    for (float*& values : state) carver.take_as(values, lanes);
  }

  PackedQueries packed(const std::byte* memory, uint32_t count) const {
    return {memory, count, tile.columns};
  }
  Block block(const ExpandedAttention& a, uint32_t index) const {
    const size_t first = size_t{index} * kMaxQueries;
    const uint32_t count = smaller(kMaxQueries, a.queries - index * kMaxQueries);
    return {.queries = count,
            .packed = packed(queries + index * packed(nullptr, kMaxQueries).bytes(), count),
            .visible = state[0] + first,
            .largest = state[1] + first,
            .total = state[2] + first,
            .sums = sums + first * sums_stride,
            .sums_stride = sums_stride,
            .empty = true};
  }
};

/// Packs the queries, which stand one after another, and begins their sums.
void start_blocks(const ExpandedScratch& s, const ExpandedAttention& a) {
  for (uint32_t index = 0; index < s.blocks; ++index) {
    const Block block = s.block(a, index);
    start(block);
    __builtin_memset(block.packed.codes, 0, block.packed.bytes());
    for (uint32_t lane = 0; lane < block.packed.lanes; ++lane) {
      const uint32_t token = index * kMaxQueries + lane;
      const bool exists = lane < block.queries;
      block.visible[lane] = exists ? static_cast<float>(a.first_position + token + 1) : 0.0f;
      if (exists) block.packed.pack(lane, a.query + token * a.query_stride);
    }
  }
}

/// The latents of a tile as codes, and the rope part, which all heads share, into its keys. A unit is filled
/// up with zeros.
void load_latents(const ExpandedScratch& s, const ExpandedAttention& a, uint32_t first, uint32_t positions) {
  const Tile& tile = s.tile;
  float* const rope_scales = tile.scales + size_t{runs_of(a.nope)} * kTilePositions;
  for (uint32_t p = 0; p < round_up(positions, kUnit); ++p) {
    decode_row(s.row, a.rows, first + p, a.kv_lora + a.rope);
    code_row(s.latents + size_t{p} * s.latent_stride, s.latent_scales + p, kTilePositions, s.row, a.kv_lora);
    code_row(tile.key(p) + tile.columns.second(), rope_scales + p, kTilePositions, s.row + a.kv_lora, a.rope);
  }
}

/// expanded[p][·] = latents p · panel, for positions [0, positions) rounded up to kUnit.
void expand(const ExpandedScratch& s, const Panel& panel, uint32_t positions) {
  Soon nothing = {};
  for (uint32_t col = 0; col < panel.cols; col += kColumns)
    for (uint32_t p = 0; p < round_up(positions, kUnit); p += kRows)
      scaled_product(
          s.expanded + size_t{p} * s.expanded_stride + col, s.expanded_stride, panel.latents,
          {s.latents + size_t{p} * s.latent_stride, s.latent_stride, s.latent_scales + p, kTilePositions},
          {panel.at(0, col), 2 * kColumns, panel.scales + col, panel.cols}, nothing);
}

void make_keys(const ExpandedScratch& s, const ExpandedAttention& a, const Panel& panel, uint32_t positions) {
  expand(s, panel, positions);
  for (uint32_t p = 0; p < round_up(positions, kUnit); ++p)
    code_row(s.tile.key(p), s.tile.scales + p, kTilePositions, s.expanded + size_t{p} * s.expanded_stride,
             a.nope);
}

void make_values(const ExpandedScratch& s, const ExpandedAttention& a, const Panel& panel,
                 uint32_t positions) {
  expand(s, panel, positions);
  for (uint32_t p = 0; p < round_up(positions, kUnit); p += 2) {
    for (uint32_t first = 0; first < a.v_head; first += kRun) {
      const uint32_t count = smaller(kRun, a.v_head - first);
      const float* const values = s.expanded + size_t{p} * s.expanded_stride + first;
      const RunF32 even(values, count), odd(values + s.expanded_stride, count);
      float* const scales = s.tile.value_scales + size_t{first / kRun} * kTilePositions + p;
      scales[0] = even.scale.scale;
      scales[1] = odd.scale.scale;
      for (uint32_t col = 0; col < count; col += kChunk)
        store_values(s.tile.values_at(p, first + col), even.codes(col), odd.codes(col));
    }
  }
}

// ---- All of it

void attend_expanded(const ExpandedAttention& a) {
  Carver carver(a.scratch);
  const ExpandedScratch s(carver, a);
  const Expansion expansion(a.expansion, a.kv_lora, a.nope, a.v_head);
  start_blocks(s, a);
  for (uint32_t first = 0; first < a.rows.count; first += kTilePositions) {
    const uint32_t positions = smaller(kTilePositions, a.rows.count - first);
    load_latents(s, a, first, positions);
    make_keys(s, a, expansion.keys, positions);
    make_values(s, a, expansion.values, positions);
    for (uint32_t index = 0; index < s.blocks; ++index) {
      Block block = s.block(a, index);
      block.empty = first == 0;
      // The first query of a block sees the least, the last one the most.
      const uint32_t least = a.first_position + index * kMaxQueries + 1;
      const uint32_t most = least + block.queries - 1;
      if (first >= most) continue;
      const uint32_t seen = smaller(positions, most - first);
      Soon nothing = {};
      for (uint32_t lane = 0; lane < block.packed.lanes; lane += kColumns)
        score(s.tile, block.packed, lane, 0, round_up(seen, kUnit), nothing);
      gather(s.tile, block, first, seen, first + positions > least, a.softmax_scale, nothing);
    }
  }
  finish_blocks(s, a);
}

constexpr ExpandedKernels kExpanded = {
    .expansion_bytes = expansion_bytes,
    .pack_expansion = pack_expansion,
    .scratch_bytes = scratch_bytes_of<ExpandedScratch, const ExpandedAttention&>,
    .attend = attend_expanded};

}  // namespace
}  // namespace kvasir::engine::cpu
