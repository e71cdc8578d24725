#pragma once

#include "engine/cuda/kernels/products.h"

namespace kvasir::engine::cuda {

/// Slots (token · per_token + k) that use one expert: [first, first + count) of the sorted ones.
struct ExpertTile {
  uint32_t expert = 0;
  uint32_t first = 0;
  uint32_t count = 0;
};

/// All slots of a call, sorted by expert, those of an expert by rising number, and cut into tiles. In device
/// memory: the host knows only how many tiles there may be.
struct SortedSlots {
  uint32_t* slots = nullptr;       ///< {count}
  ExpertTile* tiles = nullptr;     ///< {most_tiles}
  uint32_t* tile_count = nullptr;  ///< {1}
  uint32_t count = 0;
  uint32_t most_tiles = 0;
  uint32_t tile_slots = 0;  ///< the most of a tile
};

/// Takes what sorted slots need from a workspace.
SortedSlots take_sorted_slots(WorkspaceCutter& workspace, uint32_t slots, uint32_t experts,
                              uint32_t tile_slots);

/// Fills `to` with the slots of `tokens` tokens.
void sort_slots(Stream& stream, const SortedSlots& to, const DeviceRouting& routing, uint32_t experts);

}  // namespace kvasir::engine::cuda
