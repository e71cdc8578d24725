#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/order_key.h"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/top_logits.h"

namespace kvasir::engine::cuda {
namespace {

constexpr uint32_t kThreads = 1024;
/// Logits that a block of the first kernel selects from.
constexpr uint32_t kSegment = 4096;
static_assert(kMaxTopLogits <= kSegment);

constexpr uint32_t kDigitBits = 8;
constexpr uint32_t kDigits = 1u << kDigitBits;

KVASIR_HOST_DEVICE uint32_t segments_of(uint32_t vocab) {
  return divide_up(vocab, kSegment);
}

struct TopLogitsParams {
  TopLogits call;
  uint64_t* candidates = nullptr;  ///< {segments, count}: keys, 0 where a segment has fewer
};

/// Orders by logit, then by falling id: no two are equal.
__device__ uint64_t key_of(float logit, uint32_t id) {
  return uint64_t{order_key(logit)} << 32 | ~id;
}
__device__ uint32_t id_of(uint64_t key) {
  return ~static_cast<uint32_t>(key);
}

/// The sum over this lane and those before it.
__device__ uint32_t sum_of_lanes_up_to(uint32_t value) {
  const uint32_t lane = threadIdx.x % kWarp;
  for (uint32_t distance = 1; distance < kWarp; distance *= 2) {
    const uint32_t before = __shfl_sync(kAllLanes, value, static_cast<int>(lane - distance) & (kWarp - 1));
    if (lane >= distance) value += before;
  }
  return value;
}

/// The largest digit such that no fewer than `wanted` keys have it or a larger one.
struct FoundDigit {
  uint32_t digit = 0;
  uint32_t above = 0;  ///< keys with larger digits
};

/// The first warp calls it; the result goes to `found`.
__device__ void find_digit(FoundDigit& found, const uint32_t (&histogram)[kDigits], uint32_t wanted) {
  constexpr uint32_t kLaneDigits = kDigits / kWarp;
  const uint32_t largest = kDigits - 1 - threadIdx.x * kLaneDigits;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < kLaneDigits; ++i) sum += histogram[largest - i];
  uint32_t above = sum_of_lanes_up_to(sum) - sum;
  for (uint32_t i = 0; i < kLaneDigits; ++i) {
    const uint32_t here = histogram[largest - i];
    if (above < wanted && above + here >= wanted) found = {largest - i, above};
    above += here;
  }
}

/// The key that exactly `wanted` of keys key_at(0) … key_at(count − 1) reach (1 ≤ wanted ≤ count): a radix
/// select, digit by digit from the highest, that ends as soon as the digits so far tell the keys apart. All
/// threads of a block call it.
template <class KeyAt>
__device__ uint64_t threshold_of(uint32_t count, uint32_t wanted, KeyAt key_at) {
  __shared__ uint32_t histogram[kDigits];
  __shared__ FoundDigit found;
  uint64_t prefix = 0;
  uint64_t prefix_mask = 0;
  for (int shift = 64 - kDigitBits; shift >= 0; shift -= kDigitBits) {
    if (threadIdx.x < kDigits) histogram[threadIdx.x] = 0;
    __syncthreads();
    for (uint32_t i = threadIdx.x; i < count; i += kThreads) {
      const uint64_t key = key_at(i);
      if ((key & prefix_mask) == prefix) atomicAdd(&histogram[key >> shift & (kDigits - 1)], 1u);
    }
    __syncthreads();
    if (threadIdx.x < kWarp) find_digit(found, histogram, wanted);
    __syncthreads();
    prefix |= uint64_t{found.digit} << shift;
    prefix_mask |= uint64_t{kDigits - 1} << shift;
    wanted -= found.above;
    if (histogram[found.digit] == wanted) break;
    __syncthreads();  // before the histogram is cleared
  }
  return prefix;
}

/// A block per segment keeps the segment's `count` largest as candidates. The logits are read once, all at
/// the same time; this wait and the barriers of three or four digits are what it takes.
__global__ void __launch_bounds__(kThreads, 1) select_candidates_kernel(TopLogitsParams p) {
  __shared__ uint64_t keys[kSegment];  // each is read by the thread that wrote it
  __shared__ uint32_t written;
  const uint32_t first = blockIdx.x * kSegment;
  const uint32_t here = min(kSegment, p.call.vocab - first);
  const uint32_t wanted = min(p.call.count, here);
  uint64_t* const candidates = p.candidates + size_t{blockIdx.x} * p.call.count;

#pragma unroll
  for (uint32_t i = threadIdx.x; i < kSegment; i += kThreads)
    keys[i] = i < here ? key_of(p.call.logits[first + i], first + i) : 0;
  if (threadIdx.x == 0) written = 0;
  const uint64_t threshold = threshold_of(here, wanted, [&](uint32_t i) { return keys[i]; });
  for (uint32_t i = threadIdx.x; i < here; i += kThreads)
    if (keys[i] >= threshold) candidates[atomicAdd(&written, 1u)] = keys[i];
  for (uint32_t i = wanted + threadIdx.x; i < p.call.count; i += kThreads) candidates[i] = 0;
}

/// One block selects among the candidates.
__global__ void __launch_bounds__(kThreads, 1) select_top_kernel(TopLogitsParams p) {
  __shared__ uint32_t written;
  const uint32_t count = segments_of(p.call.vocab) * p.call.count;
  const auto key_at = [&](uint32_t i) { return p.candidates[i]; };
  if (threadIdx.x == 0) written = 0;
  const uint64_t threshold = threshold_of(count, p.call.count, key_at);
  for (uint32_t i = threadIdx.x; i < count; i += kThreads) {
    const uint64_t key = key_at(i);
    if (key < threshold) continue;
    const uint32_t id = id_of(key);
    p.call.top[atomicAdd(&written, 1u)] = {static_cast<int32_t>(id), p.call.logits[id]};
  }
}

}  // namespace

void top_logits(Stream& stream, Workspace workspace, const TopLogits& call) {
  if (call.count == 0) return;
  WorkspaceCutter cutter(workspace.data);
  const TopLogitsParams params{call, cutter.take<uint64_t>(size_t{segments_of(call.vocab)} * call.count)};
  stream.launch("select_candidates", select_candidates_kernel, dim3(segments_of(call.vocab)), dim3(kThreads),
                0, params);
  stream.launch("select_top", select_top_kernel, dim3(1), dim3(kThreads), 0, params);
}

size_t top_logits_workspace_bytes(uint32_t vocab) {
  WorkspaceCutter cutter(nullptr);
  cutter.take<uint64_t>(size_t{segments_of(vocab)} * kMaxTopLogits);
  return cutter.used();
}

}  // namespace kvasir::engine::cuda
