#pragma once

// Products for several tokens: groups of rows are unpacked into panels, kPanelGroups at a time, which the
// second-level cache holds, and tiles of tokens pass over them. Written on `Vec`, see quantised_impl.h, which
// includes this.
//
// What a panel holds is its blocks' type; `Block::add_run` is how its blocks [b, end), which share an
// activation scale, are multiplied with it aside: part[token][group] += Σ weight · q

#include "engine/ops/cpu/ahead.h"

namespace kvasir::engine::cpu {
namespace {

/// products[token][group] += columns [4c, 4c + 4) of block b. Groups are `stride` blocks apart; they share
/// each activation that is broadcast: loads are what limits a single one.
template <bool kUnsigned, bool kIsFirst, class Block, uint32_t Groups, uint32_t Tokens>
inline __attribute__((always_inline)) void add_products(const Block* block, uint32_t stride,
                                                        const QuantisedBlock* const* in, uint32_t b,
                                                        uint32_t c,
                                                        Vec::Partial (&products)[Tokens][Groups]) {
  Bytes codes[Groups];
#pragma GCC unroll 2
  for (uint32_t i = 0; i < Groups; ++i) codes[i] = Vec::load(block[i * stride].codes + 64 * c);
#pragma GCC unroll 16
  for (uint32_t t = 0; t < Tokens; ++t) {
    const Ints four = Vec::four(in[t][b].values + 4 * c);
#pragma GCC unroll 2
    for (uint32_t i = 0; i < Groups; ++i)
      products[t][i] = Vec::template dot<kUnsigned, kIsFirst>(products[t][i], codes[i], four);
  }
}

template <uint32_t kHalves, bool kHasMinimum>
struct PanelMinima {
  float minimum[kHalves][kGroupRows];
};
template <uint32_t kHalves>
struct PanelMinima<kHalves, false> {};

/// 32 columns of an unpacked group, with the file's scales and minima. Codes of fewer than eight bits are
/// unsigned; without a minimum they stand for values around half of their range.
template <uint32_t kHalves, bool kHasMinimum, int kBits>
struct alignas(64) PanelBlock : PanelMinima<kHalves, kHasMinimum> {
  std::byte codes[8 * 64];
  float scale[kHalves][kGroupRows];

  /// What sums of a half's products start from.
  static inline __attribute__((always_inline)) Ints start(const QuantisedBlock& in, uint32_t half) {
    const int32_t* const negative_sum = kHalves == 1 ? &in.negative_sum : &in.negative_half_sum[half];
    if constexpr (kHasMinimum)
      return Vec::zero();
    else if constexpr (kBits < 8)
      return Vec::template start_of_excess<(1 << kBits) / 2>(negative_sum);
    else
      return Vec::start(negative_sum);
  }

  template <uint32_t Groups, uint32_t Tokens>
  static inline __attribute__((always_inline)) void add_run(const PanelBlock* block, uint32_t stride,
                                                            const QuantisedBlock* const* in, uint32_t b,
                                                            uint32_t end, Floats (&part)[Tokens][Groups]) {
    for (; b < end; ++b, ++block) add_block(block, stride, in, b, part);
  }

  template <uint32_t Groups, uint32_t Tokens>
  static inline __attribute__((always_inline)) void add_block(const PanelBlock* block, uint32_t stride,
                                                              const QuantisedBlock* const* in, uint32_t b,
                                                              Floats (&part)[Tokens][Groups]) {
    constexpr uint32_t kHalfCodes = 8 / kHalves;
    constexpr uint32_t kMost = Vec::template kTogether<kBits>;
    constexpr uint32_t kTogether = kMost < kHalfCodes ? kMost : kHalfCodes;
    constexpr bool kUnsigned = kHasMinimum || kBits < 8;
    constexpr bool kFromZero = kHasMinimum || (kBits == 8 && Vec::kBias == 0);
#pragma GCC unroll 2
    for (uint32_t half = 0; half < kHalves; ++half) {
      Ints products[Tokens][Groups];
#pragma GCC unroll 16
      for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
        for (uint32_t i = 0; i < Groups; ++i) products[t][i] = start(in[t][b], half);
      repeat<kHalfCodes / kTogether>([&](auto round) __attribute__((always_inline)) {
        constexpr bool kIsFirst = kFromZero && round == 0;
        Vec::Partial partial[Tokens][Groups];
#pragma GCC unroll 16
        for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
          for (uint32_t i = 0; i < Groups; ++i) partial[t][i] = Vec::open(products[t][i]);
        repeat<kTogether>([&](auto c) __attribute__((always_inline)) {
          add_products<kUnsigned, c == 0>(block, stride, in, b, half * kHalfCodes + round * kTogether + c,
                                          partial);
        });
#pragma GCC unroll 16
        for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
          for (uint32_t i = 0; i < Groups; ++i)
            products[t][i] = Vec::template close<kIsFirst>(products[t][i], partial[t][i]);
      });
#pragma GCC unroll 16
      for (uint32_t t = 0; t < Tokens; ++t) {
#pragma GCC unroll 2
        for (uint32_t i = 0; i < Groups; ++i) {
          const auto& weights = block[i * stride];
          part[t][i] =
              Vec::fma(Vec::convert(products[t][i]), Vec::load_floats(weights.scale[half]), part[t][i]);
          if constexpr (kHasMinimum)
            part[t][i] = Vec::fnma(Vec::set1(kHalves == 1 ? in[t][b].sum : in[t][b].half_sum[half]),
                                   Vec::load_floats(weights.minimum[half]), part[t][i]);
        }
      }
    }
  }
};

/// `Groups` unpacked groups, `stride` blocks apart, against `Tokens` tokens from `token`; `row` is where the
/// first group's first row goes.
template <class Block, uint32_t Groups, uint32_t Tokens>
void panel_tile(const QuantisedGemm& g, const Block* block, uint32_t stride, uint32_t row, uint32_t token,
                Ahead& ahead) {
  const QuantisedBlock* in[Tokens];
  // In memory: touched once for each run of blocks that share a scale. Registers are for the parts and codes.
  alignas(64) float sum[Tokens][Groups][kGroupRows] = {};
#pragma GCC unroll 16
  for (uint32_t t = 0; t < Tokens; ++t) in[t] = g.in[token + t];

  const uint32_t blocks = g.cols / kQuantisedBlockValues;
  const uint32_t shared = shared_blocks(g.cols);
  for (uint32_t b = 0; b < blocks; b += shared, block += shared) {
    ask_for_share(ahead);
    Floats part[Tokens][Groups];
#pragma GCC unroll 16
    for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
      for (uint32_t i = 0; i < Groups; ++i) part[t][i] = Vec::zero_floats();
    Block::add_run(block, stride, in, b, b + shared, part);
#pragma GCC unroll 16
    for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
      for (uint32_t i = 0; i < Groups; ++i)
        Vec::store(sum[t][i],
                   Vec::fma(part[t][i], Vec::set1(in[t][b + shared - 1].scale), Vec::load_floats(sum[t][i])));
  }
#pragma GCC unroll 16
  for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
    for (uint32_t i = 0; i < Groups; ++i) {
      float* out = g.out[token + t] + row + i * kGroupRows;
      const Floats all = Vec::load_floats(sum[t][i]);
      Vec::store(out, g.accumulate ? Vec::add(Vec::load_floats(out), all) : all);
    }
}

template <class Block>
using PanelTile = void (*)(const QuantisedGemm&, const Block*, uint32_t, uint32_t, uint32_t, Ahead&);

template <class Block, uint32_t Groups>
PanelTile<Block> panel_tile_of(uint32_t tokens) {
  return [tokens]<uint32_t... T>(std::integer_sequence<uint32_t, T...>) {
    constexpr PanelTile<Block> kTiles[] = {panel_tile<Block, Groups, T + 1>...};
    return kTiles[tokens - 1];
  }
  (std::make_integer_sequence<uint32_t, Vec::kTileTokens>());
}

/// Of an interleaved group of rows of `cols` columns.
template <class Format>
size_t group_bytes(uint32_t cols) {
  return size_t{cols} / Format::kValues * kGroupRows * Format::kBytes;
}

template <class Format>
constexpr int kPanelBits = Vec::template kPanelBits<Format::kBits>;

template <class Format>
using PanelBlockOf = PanelBlock<Format::kHalves, Format::kHasMinimum, kPanelBits<Format>>;

template <class Format>
void unpack_group(const std::byte* p, uint32_t cols, PanelBlockOf<Format>* out) {
  constexpr bool kStaysUnsigned = !Format::kHasMinimum && kPanelBits<Format> < 8;
  static_assert(!kStaysUnsigned || Format::kExcess == (1 << Format::kBits) / 2);
  constexpr size_t kStep = size_t{kGroupRows} * Format::kBytes;
  for (uint32_t k = 0; k < cols; k += Format::kValues, p += kStep) {
    for_blocks<Format>([&](auto s, int i) __attribute__((always_inline)) {
      Unpacked u;
      if constexpr (kStaysUnsigned)
        Format::template unpack<s>(p, i, u);
      else
        unpack_centred<Format, s>(p, i, u);
#pragma GCC unroll 8
      for (int four = 0; four < 8; ++four) Vec::store(out->codes + 64 * four, u.codes[four]);
#pragma GCC unroll 2
      for (uint32_t half = 0; half < Format::kHalves; ++half) {
        Vec::store(out->scale[half], u.scale[half]);
        if constexpr (Format::kHasMinimum) Vec::store(out->minimum[half], u.minimum[half]);
      }
      ++out;
    });
  }
}

/// Unpacks a panel after another, each of whose groups takes `group_bytes`; then each tile of tokens passes
/// over it, tiles of as equal a size as can be. Meanwhile the next panel's weights come from memory.
template <class Block>
void multiply_many(const QuantisedGemm& g, void (*unpack)(const std::byte* group, uint32_t cols, Block* out),
                   size_t group_bytes, std::byte* scratch) {
  const uint32_t blocks = g.cols / kQuantisedBlockValues;
  auto* const panels = reinterpret_cast<Block*>(scratch);
  const uint32_t tiles = (g.tokens + Vec::kTileTokens - 1) / Vec::kTileTokens;
  for (uint32_t first = 0; first < g.groups; first += kPanelGroups) {
    const uint32_t groups = g.groups - first < kPanelGroups ? g.groups - first : kPanelGroups;
    for (uint32_t i = 0; i < groups; ++i)
      unpack(g.weights + (first + i) * group_bytes, g.cols, panels + size_t{i} * blocks);
    const std::byte* const next =
        first + groups < g.groups ? g.weights + (first + groups) * group_bytes : g.next;
    const size_t runs = size_t{tiles} * ((groups + Vec::kTileGroups - 1) / Vec::kTileGroups) *
                        (blocks / shared_blocks(g.cols));
    Ahead ahead = in_shares(next, groups * group_bytes, runs);
    for (uint32_t tile = 0; tile < tiles; ++tile) {
      const auto token = static_cast<uint32_t>(uint64_t{g.tokens} * tile / tiles);
      const auto end = static_cast<uint32_t>(uint64_t{g.tokens} * (tile + 1) / tiles);
      for (uint32_t i = 0; i < groups;) {
        const uint32_t together = groups - i < Vec::kTileGroups ? 1 : Vec::kTileGroups;
        const PanelTile<Block> run = together == 1 ? panel_tile_of<Block, 1>(end - token)
                                                   : panel_tile_of<Block, Vec::kTileGroups>(end - token);
        run(g, panels + size_t{i} * blocks, blocks, g.out_row + (first + i) * kGroupRows, token, ahead);
        i += together;
      }
    }
  }
}

}  // namespace
}  // namespace kvasir::engine::cpu
