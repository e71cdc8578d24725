#include "engine/cuda/placement.h"

#include <algorithm>

namespace kvasir::engine::cuda {

uint32_t Placement::blocks_on_device() const {
  return static_cast<uint32_t>(std::ranges::count(on_device, true));
}

namespace {

/// Places what fits into the budget without `kept_bytes` of it.
Placement place_beside(const PlacementNeeds& needs, uint64_t kept_bytes) {
  Placement placement;
  placement.device_bytes = needs.fixed_bytes + kept_bytes;
  placement.on_device.assign(needs.expert_bytes.size(), false);
  placement.fits = kept_bytes <= needs.budget_bytes && needs.fixed_bytes <= needs.budget_bytes - kept_bytes;
  for (size_t block = 0; placement.fits && block < needs.expert_bytes.size(); ++block) {
    // A block whose types take more room may not fit where a later one does.
    if (needs.expert_bytes[block] > needs.budget_bytes - placement.device_bytes) continue;
    placement.on_device[block] = true;
    placement.device_bytes += needs.expert_bytes[block];
  }
  return placement;
}

}  // namespace

Placement place_experts(const PlacementNeeds& needs) {
  const Placement placement = place_beside(needs, 0);
  if (!placement.fits || placement.blocks_on_device() == needs.expert_bytes.size()) return placement;
  Placement with_visitors = place_beside(needs, needs.visiting_bytes);
  with_visitors.has_visitors_room = with_visitors.fits;
  return with_visitors.fits ? with_visitors : placement;
}

}  // namespace kvasir::engine::cuda
