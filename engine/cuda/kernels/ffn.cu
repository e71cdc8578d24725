#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/kernels/ffn_large.h"
#include "engine/cuda/kernels/ffn_rows.h"
#include "engine/cuda/kernels/products.h"

#include <algorithm>

namespace kvasir::engine::cuda {
namespace {

DeviceWeight device_weight(const DeviceMatrix& weight) {
  return {weight.type, weight.cols, weight.rows, planes_of(weight)};
}

/// Room for the inner values of `slots` slots, whichever form they take.
std::byte* take_inner(WorkspaceCutter& workspace, size_t slots, uint32_t intermediate) {
  const size_t quantised_bytes = QuantisedRows::row_bytes(intermediate / kUnit);
  return workspace.take<std::byte>(slots * std::max(quantised_bytes, intermediate * sizeof(float)));
}

Networks networks_of(const FfnWeights& weights, WorkspaceCutter& workspace, size_t slots, ProductMode mode) {
  Networks networks;
  networks.gate = device_weight(weights.gate);
  networks.up = device_weight(weights.up);
  networks.down = device_weight(weights.down);
  networks.inner = take_inner(workspace, slots, weights.gate.rows);
  networks.quantised = mode == ProductMode::Small && is_in_planes(weights.down.type);
  return networks;
}

/// Slots whose inputs a block can keep.
uint32_t tile_slots(const DeviceLimits& limits, uint32_t hidden, ProductMode mode) {
  if (mode == ProductMode::Exact) return kMostSlotsOfExact;
  // Beside what a block keeps of its results.
  constexpr size_t kOtherBytes = 4096;
  const size_t fitting = (limits.shared_bytes_per_block - kOtherBytes) /
                         std::max<size_t>(1, QuantisedRows::row_bytes(hidden / kUnit));
  return static_cast<uint32_t>(std::clamp<size_t>(fitting, 1, kMostSlotsOfSmall));
}

void ffn_rows(Stream& stream, Workspace workspace, const FfnCall& call, ProductMode mode) {
  FfnParams params;
  params.routing = call.routing;
  params.in = {call.in, call.in_stride, is_aligned(call.in, call.in_stride)};
  params.out = call.out;
  params.out_stride = call.out_stride;
  params.tokens = call.tokens;
  params.hidden = (call.experts != nullptr ? call.experts : call.shared)->gate.cols;
  params.tile_slots = std::min(tile_slots(stream.limits(), params.hidden, mode), call.tokens);

  WorkspaceCutter cutter(workspace.data);
  if (call.experts != nullptr) {
    const uint32_t slots = call.tokens * call.routing.per_token, experts = call.experts->gate.matrices;
    params.routed = networks_of(*call.experts, cutter, slots, mode);
    params.routed.tiles = slots;
    if (call.tokens > 1) {
      params.sorted = take_sorted_slots(cutter, slots, experts, params.tile_slots);
      params.routed.tiles = params.sorted.most_tiles;
      sort_slots(stream, params.sorted, call.routing, experts);
    }
  }
  if (call.shared != nullptr) {
    params.shared = networks_of(*call.shared, cutter, call.tokens, mode);
    params.shared.tiles = divide_up(call.tokens, params.tile_slots);
  }
  ffn_inner(stream, params, mode);
  ffn_down(stream, params, mode);
}

}  // namespace

void gated_ffn_add(Stream& stream, Workspace workspace, const FfnCall& call, ProductMode mode) {
  if (call.experts == nullptr && call.shared == nullptr) return;
  if (mode == ProductMode::Large)
    ffn_large(stream, workspace, call);
  else
    ffn_rows(stream, workspace, call, mode);
}

size_t gated_ffn_workspace_bytes(uint32_t max_tokens, uint32_t hidden, uint32_t per_token, uint32_t experts,
                                 uint32_t intermediate, uint32_t shared_intermediate) {
  WorkspaceCutter cutter(nullptr);
  const uint32_t slots = max_tokens * per_token;
  take_inner(cutter, slots, intermediate);
  take_sorted_slots(cutter, slots, experts, 1);
  take_inner(cutter, max_tokens, shared_intermediate);
  return std::max(cutter.used(), ffn_large_workspace_bytes(max_tokens, hidden, per_token, experts,
                                                           intermediate, shared_intermediate));
}

}  // namespace kvasir::engine::cuda
