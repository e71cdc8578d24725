#include "engine/cuda/placement.h"

#include <algorithm>

namespace kvasir::engine::cuda {

uint32_t Placement::blocks_on_device() const {
  return static_cast<uint32_t>(std::ranges::count(on_device, true));
}

Placement place_experts(const PlacementNeeds& needs) {
  Placement placement;
  placement.device_bytes = needs.fixed_bytes;
  placement.fits = needs.fixed_bytes <= needs.budget_bytes;
  placement.on_device.assign(needs.expert_bytes.size(), false);
  if (!placement.fits) return placement;
  for (size_t block = 0; block < needs.expert_bytes.size(); ++block) {
    // A block whose types take more room may not fit where a later one does.
    if (needs.expert_bytes[block] > needs.budget_bytes - placement.device_bytes) continue;
    placement.on_device[block] = true;
    placement.device_bytes += needs.expert_bytes[block];
  }
  return placement;
}

}  // namespace kvasir::engine::cuda
