#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/ffn_slots.h"

#include <algorithm>

namespace kvasir::engine::cuda {
namespace {

constexpr uint32_t kThreads = 256;
constexpr uint32_t kWarps = kThreads / kWarp;

struct SortParams {
  SortedSlots to;
  const int32_t* experts = nullptr;  ///< {to.count}
  uint32_t expert_count = 0;
};

/// Writes those of the slots that use `expert` to `sorted`, in their order. All threads of the block.
__device__ void gather_slots(const SortParams& p, uint32_t expert, uint32_t* sorted) {
  __shared__ uint32_t found_by_warp[kWarps];
  const uint32_t warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  for (uint32_t start = 0; start < p.to.count; start += kThreads) {
    const uint32_t slot = start + threadIdx.x;
    const bool found = slot < p.to.count && static_cast<uint32_t>(p.experts[slot]) == expert;
    const uint32_t votes = __ballot_sync(kAllLanes, found);
    if (lane == 0) found_by_warp[warp] = static_cast<uint32_t>(__popc(votes));
    __syncthreads();
    uint32_t before = static_cast<uint32_t>(__popc(votes & ((1u << lane) - 1)));
    uint32_t found_by_all = 0;
    for (uint32_t w = 0; w < kWarps; ++w) {
      if (w < warp) before += found_by_warp[w];
      found_by_all += found_by_warp[w];
    }
    if (found) sorted[before] = slot;
    sorted += found_by_all;
    __syncthreads();
  }
}

/// A stable counting sort. Grid {experts}, 256 threads, shared memory {experts} counts: each block counts all
/// slots, thousands at most, and so knows without the others where those of its own expert go.
__global__ void __launch_bounds__(kThreads) sort_slots_kernel(SortParams p) {
  uint32_t* const counts = dynamic_shared<uint32_t>();
  for (uint32_t e = threadIdx.x; e < p.expert_count; e += kThreads) counts[e] = 0;
  __syncthreads();
  for (uint32_t slot = threadIdx.x; slot < p.to.count; slot += kThreads)
    atomicAdd(&counts[p.experts[slot]], 1u);
  __syncthreads();
  const uint32_t expert = blockIdx.x;
  uint32_t first = 0, first_tile = 0;
  for (uint32_t e = 0; e < expert; ++e) {
    first += counts[e];
    first_tile += divide_up(counts[e], p.to.tile_slots);
  }
  const uint32_t count = counts[expert];
  const uint32_t tiles = divide_up(count, p.to.tile_slots);
  for (uint32_t i = threadIdx.x; i < tiles; i += kThreads) {
    const uint32_t done = i * p.to.tile_slots;
    p.to.tiles[first_tile + i] = {expert, first + done, min(p.to.tile_slots, count - done)};
  }
  if (expert == p.expert_count - 1 && threadIdx.x == 0) *p.to.tile_count = first_tile + tiles;
  if (count != 0) gather_slots(p, expert, p.to.slots + first);
}

}  // namespace

SortedSlots take_sorted_slots(WorkspaceCutter& workspace, uint32_t slots, uint32_t experts,
                              uint32_t tile_slots) {
  SortedSlots sorted;
  sorted.count = slots;
  // Every expert may have one tile that is not full.
  sorted.most_tiles = std::min(slots, slots / tile_slots + experts);
  sorted.tile_slots = tile_slots;
  sorted.slots = workspace.take<uint32_t>(slots);
  sorted.tiles = workspace.take<ExpertTile>(sorted.most_tiles);
  sorted.tile_count = workspace.take<uint32_t>(1);
  return sorted;
}

void sort_slots(Stream& stream, const SortedSlots& to, const DeviceRouting& routing, uint32_t experts) {
  SortParams params;
  params.to = to;
  params.experts = routing.experts;
  params.expert_count = experts;
  stream.launch("sort_slots", sort_slots_kernel, dim3(experts), dim3(kThreads), experts * sizeof(uint32_t),
                params);
}

}  // namespace kvasir::engine::cuda
