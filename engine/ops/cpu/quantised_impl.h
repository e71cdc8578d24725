// The quantised kernels over one instruction set, written on `Vec`, which the including translation unit
// defines in its anonymous namespace before this:
//   Bytes (64 bytes: 16 rows · 4 columns), Ints and Floats (one for each row), Rows (one byte for each row);
//   kTileTokens and kTileGroups (tokens and groups of rows per register tile), kBias (what codes of types
//   without a minimum are stored too large by), and small functions on them.
// No include guard: a translation unit includes it once.

#include <utility>

namespace kvasir::engine::cpu {
namespace {
using Bytes = Vec::Bytes;
using Ints = Vec::Ints;
using Floats = Vec::Floats;
using Rows = Vec::Rows;
}  // namespace
}  // namespace kvasir::engine::cpu

#include "engine/ops/cpu/quantised_formats.h"

namespace kvasir::engine::cpu {
namespace {

/// Block sums of codes [First, First + Count).
template <bool kHasMinimum, int First, int Count>
Ints dot(const Bytes* codes, const QuantisedBlock& x, const int32_t* negative_sum) {
  Ints sum = kHasMinimum ? Vec::zero() : Vec::start(negative_sum);
#pragma GCC unroll 8
  for (int i = First; i < First + Count; ++i)
    sum = Vec::template dot<kHasMinimum>(sum, codes[i], Vec::four(x.values + 4 * i));
  return sum;
}

/// One block's share of a part, as quantised_kernels.h describes.
template <uint32_t kHalves, bool kHasMinimum>
Floats accumulate(Floats part, const Unpacked& u, const QuantisedBlock& x) {
  if constexpr (kHalves == 1) {
    const Floats products = Vec::convert(dot<kHasMinimum, 0, 8>(u.codes, x, &x.negative_sum));
    part = Vec::fma(products, u.scale[0], part);
    if constexpr (kHasMinimum) part = Vec::fnma(Vec::set1(x.sum), u.minimum[0], part);
  } else {
    const Floats first = Vec::convert(dot<kHasMinimum, 0, 4>(u.codes, x, &x.negative_half_sum[0]));
    const Floats second = Vec::convert(dot<kHasMinimum, 4, 4>(u.codes, x, &x.negative_half_sum[1]));
    part = Vec::fma(first, u.scale[0], part);
    if constexpr (kHasMinimum) part = Vec::fnma(Vec::set1(x.half_sum[0]), u.minimum[0], part);
    part = Vec::fma(second, u.scale[1], part);
    if constexpr (kHasMinimum) part = Vec::fnma(Vec::set1(x.half_sum[1]), u.minimum[1], part);
  }
  return part;
}

/// Calls body(std::integral_constant<int, S>) for each block of 32 columns in a file's block.
template <class Format, class Body>
inline __attribute__((always_inline)) void for_blocks(const Body& body) {
  [&]<int... S>(std::integer_sequence<int, S...>) __attribute__((always_inline)) {
    (body(std::integral_constant<int, S>()), ...);
  }
  (std::make_integer_sequence<int, Format::kValues / 32>());
}

/// One token: the weights are read once, and unpacked in registers. While the last group is, the beginning of
/// what comes next is asked for, a line with each block: experts lie anywhere, and the processor's own
/// prefetching needs some lines to see where they go on.
template <class Format>
void multiply_one(const QuantisedGemm& g) {
  constexpr size_t kStep = size_t{kGroupRows} * Format::kBytes;
  const size_t group_bytes = g.cols / Format::kValues * kStep;
  const uint32_t shared = shared_blocks(g.cols);
  for (uint32_t group = 0; group < g.groups; ++group) {
    const std::byte* p = g.weights + group * group_bytes;
    const std::byte* const end = p + group_bytes;
    const bool last = group + 1 == g.groups && g.next != nullptr;
    const std::byte* next = last ? g.next : p;
    const size_t next_step = last ? 64 : 0;
    const QuantisedBlock* x = g.in[0];
    Floats sum = Vec::zero_floats();
    Floats part = Vec::zero_floats();
    uint32_t left = shared;
    for (; p < end; p += kStep) {
      for_blocks<Format>([&](auto s) __attribute__((always_inline)) {
        __builtin_prefetch(next);
        next += next_step;
        Unpacked u;
        Format::template unpack<s>(p, u);
        part = accumulate<Format::kHalves, Format::kHasMinimum>(part, u, *x);
        if (--left == 0) {
          sum = Vec::fma(part, Vec::set1(x->scale), sum);
          part = Vec::zero_floats();
          left = shared;
        }
        ++x;
      });
    }
    float* out = g.out[0] + g.out_row + size_t{group} * kGroupRows;
    Vec::store(out, g.accumulate ? Vec::add(Vec::load_floats(out), sum) : sum);
  }
}

template <uint32_t kHalves, bool kHasMinimum>
struct PanelMinima {
  float minimum[kHalves][kGroupRows];
};
template <uint32_t kHalves>
struct PanelMinima<kHalves, false> {};

/// One block of 32 columns of an unpacked group.
template <uint32_t kHalves, bool kHasMinimum>
struct alignas(64) PanelBlock : PanelMinima<kHalves, kHasMinimum> {
  std::byte codes[8 * 64];
  float scale[kHalves][kGroupRows];
};

template <class Format>
using PanelOf = PanelBlock<Format::kHalves, Format::kHasMinimum>;

template <class Format>
void unpack_group(const std::byte* p, uint32_t cols, PanelOf<Format>* out) {
  constexpr size_t kStep = size_t{kGroupRows} * Format::kBytes;
  for (uint32_t k = 0; k < cols; k += Format::kValues, p += kStep) {
    for_blocks<Format>([&](auto s) __attribute__((always_inline)) {
      Unpacked u;
      Format::template unpack<s>(p, u);
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) Vec::store(out->codes + 64 * i, u.codes[i]);
#pragma GCC unroll 2
      for (uint32_t half = 0; half < Format::kHalves; ++half) {
        Vec::store(out->scale[half], u.scale[half]);
        if constexpr (Format::kHasMinimum) Vec::store(out->minimum[half], u.minimum[half]);
      }
      ++out;
    });
  }
}

/// part[token][group] += one block of `Groups` unpacked groups, `stride` blocks apart. Groups share each
/// activation that is broadcast: loads are what limits a single one.
template <uint32_t kHalves, bool kHasMinimum, uint32_t Groups, uint32_t Tokens>
inline __attribute__((always_inline)) void panel_block(const PanelBlock<kHalves, kHasMinimum>* block,
                                                       uint32_t stride, const QuantisedBlock* const* in,
                                                       uint32_t b, Floats (&part)[Tokens][Groups]) {
  constexpr uint32_t kHalfCodes = 8 / kHalves;
#pragma GCC unroll 2
  for (uint32_t half = 0; half < kHalves; ++half) {
    Ints products[Tokens][Groups];
#pragma GCC unroll 16
    for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
      for (uint32_t i = 0; i < Groups; ++i)
        products[t][i] = kHasMinimum ? Vec::zero()
                                     : Vec::start(kHalves == 1 ? &in[t][b].negative_sum
                                                               : &in[t][b].negative_half_sum[half]);
#pragma GCC unroll 8
    for (uint32_t c = half * kHalfCodes; c < (half + 1) * kHalfCodes; ++c) {
      Bytes codes[Groups];
#pragma GCC unroll 2
      for (uint32_t i = 0; i < Groups; ++i) codes[i] = Vec::load(block[i * stride].codes + 64 * c);
#pragma GCC unroll 16
      for (uint32_t t = 0; t < Tokens; ++t) {
        const Ints four = Vec::four(in[t][b].values + 4 * c);
#pragma GCC unroll 2
        for (uint32_t i = 0; i < Groups; ++i)
          products[t][i] = Vec::template dot<kHasMinimum>(products[t][i], codes[i], four);
      }
    }
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

/// Weights that come next, asked for a few lines at a time while others are multiplied: many requests at once
/// would be waited for.
struct WeightsAhead {
  const std::byte* from;
  const std::byte* end;
  size_t step;
};

inline __attribute__((always_inline)) void ask_for_share(WeightsAhead& ahead) {
  const std::byte* const until =
      static_cast<size_t>(ahead.end - ahead.from) < ahead.step ? ahead.end : ahead.from + ahead.step;
  constexpr int kForReading = 0, kSecondLevel = 2;
  for (; ahead.from < until; ahead.from += 64) __builtin_prefetch(ahead.from, kForReading, kSecondLevel);
}

/// `Groups` unpacked groups, `stride` blocks apart, against `Tokens` tokens from `token`; `row` is where the
/// first group's first row goes.
template <uint32_t kHalves, bool kHasMinimum, uint32_t Groups, uint32_t Tokens>
void panel_tile(const QuantisedGemm& g, const void* panel, uint32_t stride, uint32_t row, uint32_t token,
                WeightsAhead& ahead) {
  const auto* block = static_cast<const PanelBlock<kHalves, kHasMinimum>*>(panel);
  const QuantisedBlock* in[Tokens];
  // In memory: touched once for each run of blocks that share a scale. Registers are for the parts and codes.
  alignas(64) float sum[Tokens][Groups][kGroupRows] = {};
#pragma GCC unroll 16
  for (uint32_t t = 0; t < Tokens; ++t) in[t] = g.in[token + t];

  const uint32_t blocks = g.cols / kQuantisedBlockValues;
  const uint32_t shared = shared_blocks(g.cols);
  for (uint32_t b = 0; b < blocks;) {
    ask_for_share(ahead);
    Floats part[Tokens][Groups];
#pragma GCC unroll 16
    for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
      for (uint32_t i = 0; i < Groups; ++i) part[t][i] = Vec::zero_floats();
    for (const uint32_t end = b + shared; b < end; ++b, ++block)
      panel_block<kHalves, kHasMinimum, Groups, Tokens>(block, stride, in, b, part);
#pragma GCC unroll 16
    for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
      for (uint32_t i = 0; i < Groups; ++i)
        Vec::store(sum[t][i],
                   Vec::fma(part[t][i], Vec::set1(in[t][b - 1].scale), Vec::load_floats(sum[t][i])));
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

using PanelTile = void (*)(const QuantisedGemm&, const void*, uint32_t, uint32_t, uint32_t, WeightsAhead&);

template <uint32_t kHalves, bool kHasMinimum, uint32_t Groups>
PanelTile panel_tile_of(uint32_t tokens) {
  return [tokens]<uint32_t... T>(std::integer_sequence<uint32_t, T...>) {
    constexpr PanelTile kTiles[] = {panel_tile<kHalves, kHasMinimum, Groups, T + 1>...};
    return kTiles[tokens - 1];
  }
  (std::make_integer_sequence<uint32_t, Vec::kTileTokens>());
}

/// Several tokens: groups are unpacked once, kPanelGroups at a time, which the second-level cache holds; then
/// each tile of tokens passes over them, tiles of as equal a size as can be. Meanwhile the next panel's
/// weights come from memory.
template <class Format>
void multiply_many(const QuantisedGemm& g, std::byte* scratch) {
  constexpr uint32_t kHalves = Format::kHalves;
  constexpr bool kHasMinimum = Format::kHasMinimum;
  const size_t group_bytes = size_t{g.cols} / Format::kValues * kGroupRows * Format::kBytes;
  const uint32_t blocks = g.cols / kQuantisedBlockValues;
  auto* const panels = reinterpret_cast<PanelOf<Format>*>(scratch);
  const uint32_t tiles = (g.tokens + Vec::kTileTokens - 1) / Vec::kTileTokens;
  for (uint32_t first = 0; first < g.groups; first += kPanelGroups) {
    const uint32_t groups = g.groups - first < kPanelGroups ? g.groups - first : kPanelGroups;
    for (uint32_t i = 0; i < groups; ++i)
      unpack_group<Format>(g.weights + (first + i) * group_bytes, g.cols, panels + size_t{i} * blocks);
    const std::byte* const next =
        first + groups < g.groups ? g.weights + (first + groups) * group_bytes : g.next;
    const size_t next_bytes = next == nullptr ? 0 : groups * group_bytes;
    const size_t runs = size_t{tiles} * ((groups + Vec::kTileGroups - 1) / Vec::kTileGroups) *
                        (blocks / shared_blocks(g.cols));
    WeightsAhead ahead = {next, next + next_bytes, next_bytes / runs / 64 * 64 + 64};
    for (uint32_t tile = 0; tile < tiles; ++tile) {
      const auto token = static_cast<uint32_t>(uint64_t{g.tokens} * tile / tiles);
      const auto end = static_cast<uint32_t>(uint64_t{g.tokens} * (tile + 1) / tiles);
      for (uint32_t i = 0; i < groups;) {
        const uint32_t together = groups - i < Vec::kTileGroups ? 1 : Vec::kTileGroups;
        const PanelTile run = together == 1
                                  ? panel_tile_of<kHalves, kHasMinimum, 1>(end - token)
                                  : panel_tile_of<kHalves, kHasMinimum, Vec::kTileGroups>(end - token);
        run(g, panels + size_t{i} * blocks, blocks, g.out_row + (first + i) * kGroupRows, token, ahead);
        i += together;
      }
    }
  }
}

template <class Format>
void gemm_as(const QuantisedGemm& g, std::byte* panel) {
  if (g.tokens == 1)
    multiply_one<Format>(g);
  else
    multiply_many<Format>(g, panel);
}

void gemm(const QuantisedGemm& g, std::byte* panel) {
  switch (g.dtype) {
    case DType::Q8_0:
      return gemm_as<Q8_0>(g, panel);
    case DType::Q4_0:
      return gemm_as<Q4_0>(g, panel);
    case DType::Q4_1:
      return gemm_as<Q4_1>(g, panel);
    case DType::Q5_0:
      return gemm_as<Q5_0>(g, panel);
    case DType::Q5_1:
      return gemm_as<Q5_1>(g, panel);
    case DType::IQ4_NL:
      return gemm_as<Iq4Nl>(g, panel);
    case DType::MXFP4:
      return gemm_as<Mxfp4>(g, panel);
    case DType::Q2_K:
      return gemm_as<Q2_K>(g, panel);
    case DType::Q3_K:
      return gemm_as<Q3_K>(g, panel);
    case DType::Q4_K:
      return gemm_as<Q4_K>(g, panel);
    case DType::Q5_K:
      return gemm_as<Q5_K>(g, panel);
    case DType::Q6_K:
      return gemm_as<Q6_K>(g, panel);
    default:
      return gemm_as<Iq4Xs>(g, panel);
  }
}

void quantise(const float* in, uint32_t count, uint32_t shared, QuantisedBlock* out) {
  constexpr uint32_t kInfinity = 0x7f800000;
  const uint32_t run = shared * kQuantisedBlockValues;
  for (uint32_t first = 0; first < count; first += run) {
    uint32_t bits = 0;
    for (uint32_t k = first; k < first + run; k += kQuantisedBlockValues) {
      const uint32_t largest = Vec::largest_magnitude(in + k);
      bits = bits < largest ? largest : bits;
    }
    // What is no number must not become one: a scale of NaN carries it on.
    float largest = __builtin_nanf("");
    if (bits < kInfinity) __builtin_memcpy(&largest, &bits, sizeof(largest));
    // Below this the quotient would overflow: such values are nothing beside any weight.
    const float factor = largest > 1e-30f ? 127.0f / largest : 0.0f;
    for (uint32_t k = first; k < first + run; k += kQuantisedBlockValues, ++out) {
      int32_t half_sum[2] = {0, 0};
      for (int half = 0; half < 2; ++half) {
        int8_t* values = out->values + 16 * half;
        if (bits < kInfinity)
          half_sum[half] = Vec::round_half(in + k + 16 * half, factor, values);
        else
          __builtin_memset(values, 0, 16);
        out->half_sum[half] = static_cast<float>(half_sum[half]);
        out->negative_half_sum[half] = -128 * half_sum[half];
      }
      const int32_t sum = half_sum[0] + half_sum[1];
      out->scale = largest / 127.0f;
      out->sum = static_cast<float>(sum);
      out->negative_sum = -128 * sum;
      out->unused = 0;
    }
  }
}

constexpr QuantisedKernels kQuantisedKernels = {.gemm = gemm, .quantise = quantise};

}  // namespace
}  // namespace kvasir::engine::cpu
