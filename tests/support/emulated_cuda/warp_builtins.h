#pragma once

#include "tests/support/emulated_cuda/block_runner.h"

#include <cstring>
#include <type_traits>

// What the lanes of a warp, and the threads of a block, do together.

namespace emulated_cuda {

template <class T>
struct ShuffleLane {
  T value;
  unsigned source;
  T result;
};

template <class T>
T shuffle(uint32_t mask, T value, unsigned source) {
  static_assert(std::is_trivially_copyable_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));
  ShuffleLane<T> mine{value, source, value};
  meet_warp("__shfl_sync", mask, mine, [](const LaneParts& parts) {
    for (void* const part : parts) {
      if (part == nullptr) continue;
      auto& to = *static_cast<ShuffleLane<T>*>(part);
      const auto* const from = static_cast<const ShuffleLane<T>*>(parts[to.source]);
      // Nobody knows what a lane that takes no part would give.
      if (from == nullptr)
        std::memset(static_cast<void*>(&to.result), 0xff, sizeof(T));
      else
        to.result = from->value;
    }
  });
  return mine.result;
}

struct VoteLane {
  bool vote;
  uint32_t votes;
};

inline uint32_t ballot(uint32_t mask, bool vote) {
  VoteLane mine{vote, 0};
  meet_warp("__ballot_sync", mask, mine, [](const LaneParts& parts) {
    uint32_t votes = 0;
    for (unsigned lane = 0; lane < kWarpLanes; ++lane)
      if (parts[lane] != nullptr && static_cast<VoteLane*>(parts[lane])->vote) votes |= 1u << lane;
    for (void* const part : parts)
      if (part != nullptr) static_cast<VoteLane*>(part)->votes = votes;
  });
  return mine.votes;
}

}  // namespace emulated_cuda

template <class T>
T __shfl_sync(unsigned int mask, T value, int source, int width = warpSize) {
  const unsigned segment = emulated_cuda::lane() & ~static_cast<unsigned>(width - 1);
  return emulated_cuda::shuffle(mask, value,
                                segment | (static_cast<unsigned>(source) & static_cast<unsigned>(width - 1)));
}
template <class T>
T __shfl_xor_sync(unsigned int mask, T value, int lane_mask, int width = warpSize) {
  const unsigned own = emulated_cuda::lane();
  const unsigned last = own | static_cast<unsigned>(width - 1);
  const unsigned source = own ^ static_cast<unsigned>(lane_mask);
  return emulated_cuda::shuffle(mask, value, source > last ? own : source);
}
template <class T>
T __shfl_down_sync(unsigned int mask, T value, unsigned int delta, int width = warpSize) {
  const unsigned own = emulated_cuda::lane();
  const unsigned last = own | static_cast<unsigned>(width - 1);
  return emulated_cuda::shuffle(mask, value, own + delta > last ? own : own + delta);
}
template <class T>
T __shfl_up_sync(unsigned int mask, T value, unsigned int delta, int width = warpSize) {
  const unsigned own = emulated_cuda::lane();
  const unsigned place = own & static_cast<unsigned>(width - 1);
  return emulated_cuda::shuffle(mask, value, delta > place ? own : own - delta);
}
inline unsigned int __ballot_sync(unsigned int mask, int vote) {
  return emulated_cuda::ballot(mask, vote != 0);
}

inline void __syncwarp(unsigned int mask = emulated_cuda::kAllLanes) {
  emulated_cuda::meet_warp("__syncwarp", mask, nullptr, nullptr);
}
inline void __syncthreads() {
  emulated_cuda::meet_block();
}
