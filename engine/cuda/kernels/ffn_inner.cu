#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/each_type.cuh"
#include "engine/cuda/device/row_product.cuh"
#include "engine/cuda/device/silu.cuh"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/ffn_rows.h"

namespace kvasir::engine::cuda {
namespace {

constexpr uint32_t kThreads = 256;
constexpr uint32_t kWarps = kThreads / kWarp;
constexpr uint32_t kRowsOfWarp = kUnit / kWarps;

/// The slots of one expert that a block computes together.
template <int kSlots>
struct SlotsOfBlock {
  uint32_t expert;
  uint32_t count;
  uint32_t slots[kSlots];
  uint32_t tokens[kSlots];
};

/// Thread 0 finds them out.
template <int kSlots>
__device__ void find_slots(const FfnParams& p, bool is_routed, uint32_t tile, SlotsOfBlock<kSlots>& found) {
  found.expert = 0;
  uint32_t first = tile * p.tile_slots;
  found.count = min(p.tile_slots, p.tokens - min(p.tokens, first));
  if (is_routed) {
    ExpertTile of_expert{0, tile, 1};
    if (p.sorted.count == 0)
      of_expert.expert = static_cast<uint32_t>(p.routing.experts[tile]);
    else
      of_expert = tile < *p.sorted.tile_count ? p.sorted.tiles[tile] : ExpertTile{};
    found.expert = of_expert.expert;
    found.count = of_expert.count;
    first = of_expert.first;
  }
  for (uint32_t i = 0; i < found.count; ++i) {
    found.slots[i] = is_routed && p.sorted.count != 0 ? p.sorted.slots[first + i] : first + i;
    found.tokens[i] = is_routed ? found.slots[i] / p.routing.per_token : found.slots[i];
  }
}

/// Each computes a unit of rows.
KVASIR_HOST_DEVICE uint32_t blocks_of_tile(const Networks& networks) {
  return divide_up(networks.gate.rows, kUnit);
}

/// Asks for the warp's rows of gate and up.
__device__ void prefetch(const Networks& networks, uint32_t expert, uint32_t first_row) {
  const uint32_t row = first_row + threadIdx.x / kWarp * kRowsOfWarp;
  if (row >= networks.gate.rows) return;
  const uint32_t count = min(kRowsOfWarp, networks.gate.rows - row);
  const size_t of_all = size_t{expert} * networks.gate.rows + row;
  prefetch_rows(networks.gate.type, networks.gate.planes, of_all, count, networks.gate.cols);
  prefetch_rows(networks.up.type, networks.up.planes, of_all, count, networks.up.cols);
}

/// What gate and up give for 32 rows.
template <int kSlots>
struct GateAndUp {
  float values[2][kSlots][kUnit];

  __device__ float inner(uint32_t slot, uint32_t row) const {
    return silu(values[0][slot][row]) * values[1][slot][row];
  }
};

/// Calls add(rows of gate and up, lane, sums) for the warp's share of the block's 32 rows and keeps the sums.
/// Gate and up have type kType, or else only the one that `only` names: 0 or 1.
template <DType kType, int kSlots, class Add>
__device__ void each_gate_and_up(const Networks& networks, uint32_t expert, uint32_t first_row, int only,
                                 GateAndUp<kSlots>& to, const Add& add) {
  const uint32_t lanes = lanes_of_row(kType, networks.gate.cols);
  const uint32_t groups = kWarp / lanes, group = threadIdx.x % kWarp / lanes;
  const LaneOfRow lane{threadIdx.x % lanes, lanes};
  const DeviceWeight& first = only == 1 ? networks.up : networks.gate;
  const DeviceWeight& second = only == 0 ? networks.gate : networks.up;
  const uint32_t first_of_warp = threadIdx.x / kWarp * kRowsOfWarp;
  for (uint32_t i = 0; i < kRowsOfWarp; i += groups) {
    const uint32_t place = first_of_warp + i + group;
    const uint32_t row = min(first_row + place, networks.gate.rows - 1);
    const Planes rows[2] = {row_of_matrix<kType>(first, expert, row),
                            row_of_matrix<kType>(second, expert, row)};
    float sums[2][kSlots] = {};
    add(rows, lane, sums);
#pragma unroll
    for (int which = 0; which < 2; ++which) {
#pragma unroll
      for (int slot = 0; slot < kSlots; ++slot) {
        const float sum = sum_of_lanes(sums[which][slot], lanes);
        const bool is_wanted = i + group < kRowsOfWarp && (only < 0 || only == which);
        if (is_wanted && lane.index == 0) to.values[which][slot][place] = sum;
      }
    }
  }
}

/// Writes rows [first_row, first_row + 32) of the slots' inner values: as one unit of 8-bit codes, or floats.
template <int kSlots>
__device__ void store_inner(const Networks& networks, const SlotsOfBlock<kSlots>& slots, uint32_t first_row,
                            const GateAndUp<kSlots>& from) {
  if (networks.quantised) {
    const QuantisedRows to{networks.inner, networks.down.cols / kUnit};
    const uint32_t slot = threadIdx.x / 8, part = threadIdx.x % 8;
    if (threadIdx.x / kWarp * kWarp >= slots.count * 8) return;
    const bool is_slot = slot < slots.count;
    float4 values = make_float4(0, 0, 0, 0);
    if (is_slot)
      values = make_float4(from.inner(slot, 4 * part), from.inner(slot, 4 * part + 1),
                           from.inner(slot, 4 * part + 2), from.inner(slot, 4 * part + 3));
    quantise_unit(to, is_slot ? slots.slots[slot] : 0, first_row / kUnit, part, values, is_slot);
  } else {
    float* const to = reinterpret_cast<float*>(networks.inner);
    const uint32_t slot = threadIdx.x / kUnit, row = first_row + threadIdx.x % kUnit;
    if (slot < slots.count && row < networks.down.cols)
      to[size_t{slots.slots[slot]} * networks.down.cols + row] = from.inner(slot, threadIdx.x % kUnit);
  }
}

/// Gate and up of the networks. Grid {routed tiles · blocks + shared tiles · blocks}, 256 threads. A block
/// quantises its slots' inputs (kSmall; {slots of a tile} rows of shared memory); each warp takes four rows
/// of both weights; the 32 results, one unit, are quantised together. Bound by memory: the bytes of the
/// experts' weights once for each tile.
template <bool kSmall, int kSlots>
__global__ void __launch_bounds__(kThreads, kSlots == 1 ? 3 : 2) ffn_inner_kernel(FfnParams p) {
  __shared__ SlotsOfBlock<kSlots> slots;
  __shared__ GateAndUp<kSlots> results;
  const uint32_t routed_blocks = p.routed.tiles * blocks_of_tile(p.routed);
  const bool is_routed = blockIdx.x < routed_blocks;
  const Networks& networks = is_routed ? p.routed : p.shared;
  const uint32_t block = is_routed ? blockIdx.x : blockIdx.x - routed_blocks;
  const uint32_t blocks = blocks_of_tile(networks);
  if (threadIdx.x == 0) find_slots(p, is_routed, block / blocks, slots);
  const uint32_t first_row = block % blocks * kUnit;
  FloatRows in = p.in;
  uint32_t count = 1;
  if constexpr (kSlots > 1) {  // One token needs not wait for where it is.
    __syncthreads();
    if (slots.count == 0) return;
    in.chosen = slots.tokens;
    count = slots.count;
    prefetch(networks, slots.expert, first_row);
  } else {
    prefetch(networks, is_routed ? static_cast<uint32_t>(p.routing.experts[block / blocks]) : 0, first_row);
  }
  const bool same_type = networks.gate.type == networks.up.type;
  const QuantisedRows codes{dynamic_shared<std::byte>(), networks.gate.cols / kUnit};
  if (kSmall && (is_in_planes(networks.gate.type) || is_in_planes(networks.up.type)))
    quantise_rows(codes, in, count);
  else
    __syncthreads();
  for (int only = same_type ? -1 : 0; only < (same_type ? 0 : 2); ++only) {
    const DType type = only == 1 ? networks.up.type : networks.gate.type;
    const auto with_floats = [&]<DType kType>() {
      each_gate_and_up<kType>(networks, slots.expert, first_row, only, results,
                              [&](const auto& rows, LaneOfRow lane, auto& sums) {
                                add_float_products<kType>(rows, lane, networks.gate.cols, in, count, sums);
                              });
    };
    with_float_type(type, with_floats);
    if constexpr (kSmall) {
      with_quantised_type(type, [&]<DType kType>() {
        each_gate_and_up<kType>(networks, slots.expert, first_row, only, results,
                                [&](const auto& rows, LaneOfRow lane, auto& sums) {
                                  add_quantised_products<kType>(rows, lane, codes, count, sums);
                                });
      });
    } else {
      with_quantised_type(type, with_floats);
    }
  }
  __syncthreads();
  store_inner(networks, slots, first_row, results);
}

}  // namespace

void ffn_inner(Stream& stream, const FfnParams& params, ProductMode mode) {
  const dim3 grid(params.routed.tiles * blocks_of_tile(params.routed) +
                  params.shared.tiles * blocks_of_tile(params.shared));
  const bool small = mode == ProductMode::Small;
  const size_t shared_bytes = small ? params.tile_slots * QuantisedRows::row_bytes(params.hidden / kUnit) : 0;
  const auto launch = [&](auto kernel) {
    stream.launch("ffn_inner", kernel, grid, dim3(kThreads), shared_bytes, params);
  };
  if (!small)
    launch(ffn_inner_kernel<false, kMostSlotsOfExact>);
  else if (params.tokens == 1)
    launch(ffn_inner_kernel<true, 1>);
  else
    launch(ffn_inner_kernel<true, kMostSlotsOfSmall>);
}

}  // namespace kvasir::engine::cuda
