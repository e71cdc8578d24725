#pragma once

// Panels whose weights are rounded once more, to 8 bit with one scale per row and run of blocks, see
// quantised_kernels.h. Written on `Vec`, as quantised_panels.h; only instruction sets that gain from it
// include this.

namespace kvasir::engine::cpu {
namespace {

/// 32 columns of a group, requantised: value ≈ scale · (code − the bias).
struct alignas(64) RequantisedBlock {
  std::byte codes[8 * 64];
  float scale[kGroupRows];  ///< of a run of blocks, in its last one

  template <uint32_t Groups, uint32_t Tokens>
  static inline __attribute__((always_inline)) void add_run(const RequantisedBlock* block, uint32_t stride,
                                                            const QuantisedBlock* const* in, uint32_t b,
                                                            uint32_t end, Floats (&part)[Tokens][Groups]) {
    Ints products[Tokens][Groups];
#pragma GCC unroll 16
    for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
      for (uint32_t i = 0; i < Groups; ++i) products[t][i] = Vec::start(&in[t][end - 1].negative_run_sum);
    const RequantisedBlock* const last = block + (end - b - 1);
    for (; b < end; ++b, ++block) {
#pragma GCC unroll 8
      for (uint32_t c = 0; c < 8; ++c) add_products<false, false>(block, stride, in, b, c, products);
    }
#pragma GCC unroll 16
    for (uint32_t t = 0; t < Tokens; ++t)
#pragma GCC unroll 2
      for (uint32_t i = 0; i < Groups; ++i)
        part[t][i] = Vec::mul(Vec::convert(products[t][i]), Vec::load_floats(last[i * stride].scale));
  }
};
static_assert(kPanelGroups * sizeof(RequantisedBlock) <= panel_bytes(kQuantisedBlockValues));

/// Bits of the largest magnitude that a row's codes can stand for. Those of NaNs are above all others.
template <class Format>
Ints largest_weight(const Unpacked& u) {
  Ints largest = Vec::zero();
#pragma GCC unroll 2
  for (uint32_t half = 0; half < Format::kHalves; ++half) {
    const Floats code = Vec::set1(Format::kLargestCode);
    if constexpr (Format::kHasMinimum) {
      const Floats lowest = Vec::negate(u.minimum[half]);
      largest = Vec::larger(largest, Vec::magnitude(lowest));
      largest = Vec::larger(largest, Vec::magnitude(Vec::fma(u.scale[half], code, lowest)));
    } else {
      largest = Vec::larger(largest, Vec::magnitude(Vec::mul(u.scale[half], code)));
    }
  }
  return largest;
}

/// One block's codes: unpacked code · factor + summand, both with eight bits behind the point. `to_codes` is
/// what a weight is multiplied by to give its code, times 256.
template <class Format>
inline __attribute__((always_inline)) void requantise_block(const Unpacked& u, Floats to_codes,
                                                            RequantisedBlock& out) {
  constexpr float kBiasAndHalf = (Vec::kBias + 0.5f) * 256;
  constexpr int kLogBias = 7;
  static_assert(Vec::kBias == 1 << kLogBias);
  constexpr uint32_t kHalfCodes = 8 / Format::kHalves;
#pragma GCC unroll 2
  for (uint32_t half = 0; half < Format::kHalves; ++half) {
    const Bytes factor = Vec::words(Vec::mul(u.scale[half], to_codes));
    Bytes summand;
    if constexpr (Format::kHasMinimum)
      summand = Vec::words(Vec::fnma(u.minimum[half], to_codes, Vec::set1(kBiasAndHalf)));
    else  // unpacked codes are too large by the bias
      summand = Vec::subtract_words(Vec::words(Vec::set1(kBiasAndHalf)), Vec::shifted<-kLogBias>(factor));
#pragma GCC unroll 8
    for (uint32_t i = half * kHalfCodes; i < (half + 1) * kHalfCodes; ++i)
      Vec::store(out.codes + 64 * i, Vec::scaled(u.codes[i], factor, summand));
  }
}

/// Block `N` of 32 columns from `p`.
template <class Format, int N>
void unpack_nth(const std::byte* p, Unpacked& out) {
  constexpr size_t kStep = size_t{kGroupRows} * Format::kBytes;
  constexpr int kBlocks = Format::kValues / kQuantisedBlockValues, kAlike = Format::kAlike;
  constexpr int kWithin = N % kBlocks;
  unpack_centred<Format, kWithin / kAlike * kAlike>(p + N / kBlocks * kStep, kWithin % kAlike, out);
}

/// The `Blocks` blocks from block `First` on, which share a scale.
template <class Format, int First, int Blocks>
void requantise_run(const std::byte* p, RequantisedBlock* out) {
  Unpacked u[Blocks];
  Ints bits = Vec::zero();
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (unpack_nth<Format, First + I>(p, u[I]), ...);
    ((bits = Vec::larger(bits, largest_weight<Format>(u[I]))), ...);
  }
  (std::make_integer_sequence<int, Blocks>());
  const Floats largest = Vec::as_floats(bits);
  const Floats to_codes = Vec::quotient(127.0f * 256, largest);
#pragma GCC unroll 4
  for (int i = 0; i < Blocks; ++i) requantise_block<Format>(u[i], to_codes, out[i]);
  Vec::store(out[Blocks - 1].scale, Vec::mul(largest, Vec::set1(1 / 127.0f)));
}

template <class Format>
void requantise_group(const std::byte* p, uint32_t cols, RequantisedBlock* out) {
  constexpr size_t kStep = size_t{kGroupRows} * Format::kBytes;
  const RequantisedBlock* const end = out + cols / kQuantisedBlockValues;
  if constexpr (Format::kValues == 256) {  // columns fill runs of four blocks
    for (; out < end; p += kStep, out += 8) {
      requantise_run<Format, 0, 4>(p, out);
      requantise_run<Format, 4, 4>(p, out + 4);
    }
  } else {
    const uint32_t shared = shared_blocks(cols);
    const auto requantise = shared == 4   ? requantise_run<Format, 0, 4>
                            : shared == 2 ? requantise_run<Format, 0, 2>
                                          : requantise_run<Format, 0, 1>;
    for (; out < end; p += shared * kStep, out += shared) requantise(p, out);
  }
}

template <class Format>
void gemm_requantised_as(const QuantisedGemm& g, std::byte* panel) {
  if constexpr (Format::kHalves > 1 || Format::kHasMinimum)
    multiply_many<RequantisedBlock>(g, requantise_group<Format>, group_bytes<Format>(g.cols), panel);
  else
    gemm_as<Format>(g, panel);
}

void gemm_requantised(const QuantisedGemm& g, std::byte* panel) {
  with_format(g.dtype, [&](auto format) { gemm_requantised_as<decltype(format)>(g, panel); });
}

}  // namespace
}  // namespace kvasir::engine::cpu
