#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/each_type.cuh"
#include "engine/cuda/device/row_product.cuh"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/ffn_rows.h"

namespace kvasir::engine::cuda {
namespace {

constexpr uint32_t kThreads = 256;
constexpr uint32_t kWarps = kThreads / kWarp;

/// A token's slots of one kind: `count` of them from `first` on.
struct SlotsOfToken {
  uint32_t first = 0;
  uint32_t count = 0;
  const int32_t* experts = nullptr;  ///< {count} or null: the only network
  const float* weights = nullptr;    ///< {count} or null: 1

  __device__ uint32_t expert(uint32_t slot) const {
    return experts == nullptr ? 0 : static_cast<uint32_t>(experts[slot]);
  }
  __device__ float weight(uint32_t slot) const { return weights == nullptr ? 1.0f : weights[slot]; }
};

/// A lane's share of Σ weight · (row `row` of down · inner) over the slots. Several units, of one slot or of
/// two, are under way at once.
template <DType kType>
__device__ float add_quantised_down(const Networks& networks, const SlotsOfToken& slots, uint32_t row,
                                    float sum) {
  constexpr uint32_t kAtOnce = 4;
  const QuantisedRows inner{networks.inner, networks.down.cols / kUnit};
  const uint32_t lane = threadIdx.x % kWarp;
  for (uint32_t slot = 0, first_unit = 0; slot < slots.count;) {
    RawUnit raw[kAtOnce];
    uint32_t units[kAtOnce], rows[kAtOnce];
    float weights[kAtOnce];
#pragma unroll
    for (uint32_t i = 0; i < kAtOnce; ++i) {
      // Beyond the end the last unit with weight 0: loads behind a condition would wait for it.
      const bool present = slot < slots.count && first_unit + lane < inner.units;
      const uint32_t present_slot = min(slot, slots.count - 1);
      rows[i] = slots.first + present_slot;
      units[i] = min(first_unit + lane, inner.units - 1);
      weights[i] = present ? slots.weight(present_slot) : 0.0f;
      raw[i] =
          load_unit<kType>(row_of_matrix<kType>(networks.down, slots.expert(present_slot), row), units[i]);
      first_unit += kWarp;
      if (first_unit >= inner.units) ++slot, first_unit = 0;
    }
#pragma unroll
    for (uint32_t i = 0; i < kAtOnce; ++i) {
      uint32_t codes[8];
      inner.load_codes(rows[i], units[i], codes);
      const uint2 scale_and_sums = inner.scales_and_sums(rows[i])[units[i]];
      const Unit unit = decode_unit<kType>(raw[i], units[i]);
      sum = fmaf(weights[i], add_unit_product<kType>(unit, codes, scale_and_sums, 0.0f), sum);
    }
  }
  return sum;
}

/// The same with float32 values.
template <DType kType>
__device__ float add_float_down(const Networks& networks, const SlotsOfToken& slots, uint32_t row,
                                float sum) {
  const uint32_t cols = networks.down.cols;
  const LaneOfRow lane{threadIdx.x % kWarp, kWarp};
  FloatRows inner{reinterpret_cast<const float*>(networks.inner) + size_t{slots.first} * cols, cols,
                  cols % 4 == 0};
  for (uint32_t slot = 0; slot < slots.count; ++slot, inner.data += cols) {
    const Planes rows[1] = {row_of_matrix<kType>(networks.down, slots.expert(slot), row)};
    float sums[1][1] = {};
    add_float_products<kType>(rows, lane, cols, inner, 1, sums);
    sum = fmaf(slots.weight(slot), sums[0][0], sum);
  }
  return sum;
}

/// Down of all of a token's networks. Grid {hidden / 8, tokens}, 256 threads; a warp takes one row of all
/// experts that the token uses. Bound by memory: the bytes of their weights, and the inner values from the
/// caches.
template <bool kSmall>
__global__ void __launch_bounds__(kThreads, 2) ffn_down_kernel(FfnParams p) {
  const uint32_t row = blockIdx.x * kWarps + threadIdx.x / kWarp, token = blockIdx.y;
  if (row >= p.hidden) return;
  float sum = 0;
#pragma unroll 1
  for (int kind = 0; kind < 2; ++kind) {
    const Networks& networks = kind == 0 ? p.routed : p.shared;
    if (networks.tiles == 0) continue;
    SlotsOfToken slots{token, 1};
    if (kind == 0) {
      const uint32_t first = token * p.routing.per_token;
      slots = {first, p.routing.per_token, p.routing.experts + first, p.routing.weights + first};
    }
    const auto with_floats = [&]<DType kType>() { sum = add_float_down<kType>(networks, slots, row, sum); };
    with_float_type(networks.down.type, with_floats);
    if constexpr (kSmall)
      with_quantised_type(networks.down.type,
                          [&]<DType kType>() { sum = add_quantised_down<kType>(networks, slots, row, sum); });
    else
      with_quantised_type(networks.down.type, with_floats);
  }
  sum = warp_sum(sum);
  if (threadIdx.x % kWarp == 0) p.out[token * p.out_stride + row] += sum;
}

}  // namespace

void ffn_down(Stream& stream, const FfnParams& params, ProductMode mode) {
  const dim3 grid(divide_up(params.hidden, kWarps), params.tokens);
  const auto kernel = mode == ProductMode::Small ? ffn_down_kernel<true> : ffn_down_kernel<false>;
  stream.launch("ffn_down", kernel, grid, dim3(kThreads), 0, params);
}

}  // namespace kvasir::engine::cuda
