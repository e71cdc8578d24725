#pragma once

#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/attention_latent.cuh"

#include <cuda_fp16.h>

#include <cstdint>
#include <cstring>

namespace kvasir::engine::cuda {

/// What the combining kernel's blocks look like: threads (columns, chunks), a thread per kMeanStep columns.
inline constexpr uint32_t kCombineColumns = 128;
inline constexpr uint32_t kCombineThreads = 256;

__device__ inline void load_mean(float (&mean)[8], const float* from) {
  const auto* const quads = reinterpret_cast<const float4*>(from);
  memcpy(&mean[0], &quads[0], sizeof(float4));
  memcpy(&mean[4], &quads[1], sizeof(float4));
}

__device__ inline void load_mean(float (&mean)[8], const __half* from) {
  const uint4 bits = *reinterpret_cast<const uint4*>(from);
  __half halves[8];
  memcpy(halves, &bits, sizeof bits);
#pragma unroll
  for (uint32_t i = 0; i < 8; ++i) mean[i] = __half2float(halves[i]);
}

/// Blocks (columns, heads, tokens); shared: a weight for each chunk. Adds the chunks up in an order that
/// depends on their number alone. Floor: the partial results' bytes.
template <class Value>
__global__ void __launch_bounds__(kCombineThreads, 1) combine_latent_kernel(LatentParams<Value> p) {
  using Partials = LatentPartials<Value>;
  constexpr uint32_t kLanes = kCombineColumns / Partials::kMeanStep;
  constexpr uint32_t kGroups = kCombineThreads / kLanes;
  __shared__ float sums[kGroups][kCombineColumns];
  const Partials& partials = p.partials;
  const uint32_t head = blockIdx.y;
  const uint32_t token = blockIdx.z;
  const uint32_t chunks = ContextChunks::cut(p.call.position.of(token) + 1, partials.most_chunks).count;

  float* const weights = dynamic_shared<float>();
  float largest = -INFINITY;
  for (uint32_t c = threadIdx.x; c < chunks; c += kCombineThreads)
    largest = fmaxf(largest, partials.largest[partials.at(token, c, p.call.heads, head)]);
  largest = block_max(largest);
  const float base = largest == -INFINITY ? 0.0f : largest;
  float total = 0;
  for (uint32_t c = threadIdx.x; c < chunks; c += kCombineThreads) {
    const size_t at = partials.at(token, c, p.call.heads, head);
    weights[c] = exp2f(partials.largest[at] - base) * partials.sum[at];
    total += weights[c];
  }
  total = block_sum(total);  // and all weights are there

  const uint32_t lane = threadIdx.x % kLanes;
  const uint32_t group = threadIdx.x / kLanes;
  const uint32_t column = blockIdx.x * kCombineColumns + lane * Partials::kMeanStep;
  float mine[Partials::kMeanStep] = {};
  if (column < p.call.kv_lora) {
#pragma unroll 4
    for (uint32_t c = group; c < chunks; c += kGroups) {
      float mean[Partials::kMeanStep];
      load_mean(mean,
                partials.mean + partials.at(token, c, p.call.heads, head) * partials.mean_stride + column);
#pragma unroll
      for (uint32_t i = 0; i < Partials::kMeanStep; ++i) {
        // A chunk without weight may have no mean.
        mine[i] = fmaf(weights[c], weights[c] == 0.0f ? 0.0f : mean[i], mine[i]);
      }
    }
  }
#pragma unroll
  for (uint32_t i = 0; i < Partials::kMeanStep; ++i) sums[group][lane * Partials::kMeanStep + i] = mine[i];
  __syncthreads();

  const uint32_t own = blockIdx.x * kCombineColumns + threadIdx.x;
  if (threadIdx.x >= kCombineColumns || own >= p.call.kv_lora) return;
  float sum = 0;
#pragma unroll
  for (uint32_t g = 0; g < kGroups; ++g) sum += sums[g][threadIdx.x];
  p.call.out[token * p.call.out_token_stride + head * p.call.out_head_stride + own] = sum / total;
}

}  // namespace kvasir::engine::cuda
