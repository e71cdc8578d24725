// The quantised kernels over one instruction set, written on `Vec`, which the including translation unit
// defines in its anonymous namespace before this:
//   Bytes (64 bytes: 16 rows · 4 columns), Ints and Floats (one for each row), Rows (one byte for each row);
//   kTileTokens and kTileGroups (tokens and groups of rows per register tile), kBias (what codes of types
//   without a minimum are stored too large by), kAheadBytes (how far ahead one token's weights are asked for;
//   0: the processor does that better), and small functions on them. Products are added to a
//   Partial, which `open` begins where a sum stands and `close` ends with the new sum: of codes of so many
//   bits it holds four columns kTogether times.
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
#include "engine/ops/cpu/quantised_panels.h"

namespace kvasir::engine::cpu {
namespace {

/// What a sum of products starts from: what the codes' excess adds too much.
template <class Format>
inline __attribute__((always_inline)) Ints start_of(const int32_t* negative_sum) {
  if constexpr (kHasOwnExcess<Format>)
    return Vec::template start_of_excess<Format::kExcess>(negative_sum);
  else
    return Format::kHasMinimum ? Vec::zero() : Vec::start(negative_sum);
}

/// Block sums of codes [First, First + Count).
template <class Format, int First, int Count>
inline __attribute__((always_inline)) Ints dot(const Bytes* codes, const QuantisedBlock& x,
                                               const int32_t* negative_sum) {
  constexpr bool kUnsigned = Format::kHasMinimum || kHasOwnExcess<Format>;
  constexpr int kMost = Vec::template kTogether<Format::kBits>;
  constexpr int kTogether = kMost < Count ? kMost : Count;
  constexpr bool kFromZero = Format::kHasMinimum || (Format::kExcess == 0 && Vec::kBias == 0);
  Ints sum = start_of<Format>(negative_sum);
  repeat<Count / kTogether>([&](auto round) __attribute__((always_inline)) {
    constexpr bool kIsFirst = kFromZero && round == 0;
    Vec::Partial partial = Vec::open(sum);
    repeat<kTogether>([&](auto index) __attribute__((always_inline)) {
      constexpr int i = First + round * kTogether + index;
      partial = Vec::template dot<kUnsigned, index == 0>(partial, codes[i], Vec::four(x.values + 4 * i));
    });
    sum = Vec::template close<kIsFirst>(sum, partial);
  });
  return sum;
}

/// One block's share of a part, as quantised_kernels.h describes.
template <class Format>
inline __attribute__((always_inline)) Floats accumulate(Floats part, const Unpacked& u,
                                                        const QuantisedBlock& x) {
  if constexpr (Format::kHalves == 1) {
    const Floats products = Vec::convert(dot<Format, 0, 8>(u.codes, x, &x.negative_sum));
    part = Vec::fma(products, u.scale[0], part);
    if constexpr (Format::kHasMinimum) part = Vec::fnma(Vec::set1(x.sum), u.minimum[0], part);
  } else {
    const Floats first = Vec::convert(dot<Format, 0, 4>(u.codes, x, &x.negative_half_sum[0]));
    const Floats second = Vec::convert(dot<Format, 4, 4>(u.codes, x, &x.negative_half_sum[1]));
    part = Vec::fma(first, u.scale[0], part);
    if constexpr (Format::kHasMinimum) part = Vec::fnma(Vec::set1(x.half_sum[0]), u.minimum[0], part);
    part = Vec::fma(second, u.scale[1], part);
    if constexpr (Format::kHasMinimum) part = Vec::fnma(Vec::set1(x.half_sum[1]), u.minimum[1], part);
  }
  return part;
}

/// One token: the weights are read once, and unpacked in registers. While the last group is, the beginning of
/// what comes next is asked for, a line with each block: experts lie anywhere, and the processor's own
/// prefetching needs some lines to see where they go on.
template <class Format>
void multiply_one(const QuantisedGemm& g) {
  constexpr size_t kStep = size_t{kGroupRows} * Format::kBytes;
  constexpr size_t kBlockBytes = kStep / (Format::kValues / kQuantisedBlockValues);
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
      for_blocks<Format>([&](auto s, int i) __attribute__((always_inline)) {
        __builtin_prefetch(next);
        next += next_step;
        if constexpr (Vec::kAheadBytes != 0)
          ask_for_lines_of(p + (s + i) * kBlockBytes + Vec::kAheadBytes, kBlockBytes);
        Unpacked u;
        Format::template unpack<s>(p, i, u);
        part = accumulate<Format>(part, u, *x);
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

template <class Format>
void gemm_as(const QuantisedGemm& g, std::byte* panel) {
  if (g.tokens == 1)
    multiply_one<Format>(g);
  else
    multiply_many<PanelBlockOf<Format>>(g, unpack_group<Format>, group_bytes<Format>(g.cols), panel);
}

/// Calls body(Format()) for the format of a type.
template <class Body>
void with_format(DType dtype, const Body& body) {
  switch (dtype) {
    case DType::Q8_0:
      return body(Q8_0());
    case DType::Q4_0:
      return body(Q4_0());
    case DType::Q4_1:
      return body(Q4_1());
    case DType::Q5_0:
      return body(Q5_0());
    case DType::Q5_1:
      return body(Q5_1());
    case DType::IQ4_NL:
      return body(Iq4Nl());
    case DType::MXFP4:
      return body(Mxfp4());
    case DType::Q2_K:
      return body(Q2_K());
    case DType::Q3_K:
      return body(Q3_K());
    case DType::Q4_K:
      return body(Q4_K());
    case DType::Q5_K:
      return body(Q5_K());
    case DType::Q6_K:
      return body(Q6_K());
    default:
      return body(Iq4Xs());
  }
}

void gemm(const QuantisedGemm& g, std::byte* panel) {
  with_format(g.dtype, [&](auto format) { gemm_as<decltype(format)>(g, panel); });
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
    int32_t run_sum = 0;
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
      out->negative_run_sum = 0;
      run_sum += sum;
    }
    out[-1].negative_run_sum = -128 * run_sum;
  }
}

}  // namespace
}  // namespace kvasir::engine::cpu
