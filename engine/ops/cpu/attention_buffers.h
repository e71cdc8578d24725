#pragma once

// How the attention kernels lay out their scratch memory and give back what they have gathered.

#include "engine/ops/cpu/attention_kernels.h"

namespace kvasir::engine::cpu {
namespace {

constexpr uint32_t round_up(uint32_t count, uint32_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}
constexpr uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/// Hands out the parts of a scratch buffer; without a buffer it only counts.
class Carver {
 public:
  explicit Carver(std::byte* base) : base_(base) {}
  template <class T>
  T* take(size_t count) {
    auto* part = reinterpret_cast<T*>(base_ + used_);
    used_ += (count * sizeof(T) + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
    return part;
  }
  template <class T>
  void take_as(T*& part, size_t count) {
    part = take<T>(count);
  }
  size_t used() const { return used_; }

 private:
  std::byte* base_;
  size_t used_ = 0;
};

/// What a kernel needs that lays out a `Scratch` for these.
template <class Scratch, class... Sizes>
size_t scratch_bytes_of(Sizes... sizes) {
  Carver carver(nullptr);
  const Scratch scratch(carver, sizes...);
  return carver.used();
}

/// What the kernels' softmax in powers of two has gathered, in powers of e: {queries} each.
inline void hand_back(const LatentAttention& a, const float* largest, const float* total) {
  constexpr float kLn2 = 0.693147181f;
  for (uint32_t i = 0; i < a.queries; ++i) {
    a.largest[i] = largest[i] * kLn2;
    a.total[i] = total[i];
  }
}

/// The results of all queries, from the blocks that they were cut into.
template <class Scratch>
void finish_blocks(const Scratch& scratch, const ExpandedAttention& a) {
  for (uint32_t token = 0; token < a.queries; ++token) {
    const auto block = scratch.block(a, token / kMaxQueries);
    const uint32_t i = token % kMaxQueries;
    const float* const sums = block.sums + size_t{i} * block.sums_stride;
    for (uint32_t d = 0; d < a.v_head; ++d) a.out[token * a.out_stride + d] = sums[d] / block.total[i];
  }
}

}  // namespace
}  // namespace kvasir::engine::cpu
