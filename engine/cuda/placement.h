#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kvasir::engine::cuda {

/// What a model wants of the device's memory.
struct PlacementNeeds {
  /// What may be taken.
  uint64_t budget_bytes = 0;
  /// What every token needs: attention, dense and shared networks, embeddings, KV, activations.
  uint64_t fixed_bytes = 0;
  /// The routed experts of each block that has any, in order.
  std::vector<uint64_t> expert_bytes;
  /// For the experts of any one block, where some blocks' stay in RAM, so that large batches can have them
  /// brought over.
  uint64_t visiting_bytes = 0;
};

/// Which blocks' routed experts have their home on the device; the others' stay in RAM, where the processor
/// computes them. A token needs few of the experts, and these anew at every step: they are what costs the
/// most room for the least use.
struct Placement {
  std::vector<bool> on_device;  ///< of each block with routed experts
  uint64_t device_bytes = 0;    ///< in all
  bool has_visitors_room = false;
  bool fits = false;  ///< what every token needs does

  uint32_t blocks_on_device() const;
};

Placement place_experts(const PlacementNeeds& needs);

}  // namespace kvasir::engine::cuda
