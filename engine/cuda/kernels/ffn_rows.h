#pragma once

#include "engine/cuda/device/activations.cuh"
#include "engine/cuda/kernels/ffn_slots.h"

// Gated feed-forward networks row by row, for few tokens: what the two kernels share that do it.

namespace kvasir::engine::cuda {

/// A weight with the planes of all of its matrices.
struct DeviceWeight {
  DType type = DType::F32;
  uint32_t cols = 0;
  uint32_t rows = 0;
  Planes planes;
};

/// The networks of one kind, routed or shared, and their slots: a token has per_token routed ones and one
/// shared one.
struct Networks {
  DeviceWeight gate;
  DeviceWeight up;
  DeviceWeight down;
  uint32_t tiles = 0;          ///< of slots, at most; 0: no such networks
  std::byte* inner = nullptr;  ///< {slots, down.cols}: silu(gate in) ⊙ up in, as `down` meets it
  bool quantised = false;      ///< inner stands in 8 bits
};

struct FfnParams {
  Networks routed;
  Networks shared;
  DeviceRouting routing;
  SortedSlots sorted;  ///< of routed slots; count 0: there is one token, and each slot is a tile
  uint32_t tile_slots = 1;
  FloatRows in;
  float* out = nullptr;
  size_t out_stride = 0;
  uint32_t tokens = 0;
  uint32_t hidden = 0;
};

/// Slots of a tile, at most.
constexpr uint32_t kMostSlotsOfSmall = 8;
constexpr uint32_t kMostSlotsOfExact = 2;

/// Gate and up of all networks: fills `inner`.
void ffn_inner(Stream& stream, const FfnParams& params, ProductMode mode);
/// Down, weighted and added to `out`.
void ffn_down(Stream& stream, const FfnParams& params, ProductMode mode);

}  // namespace kvasir::engine::cuda
