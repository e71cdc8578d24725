#pragma once

#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/attention_latent.cuh"

#include <cuda_fp16.h>

#include <cstdint>
#include <cstring>

namespace kvasir::engine::cuda {

/// What a block of the combining kernel has: columns of one head, and a thread for each chunk.
inline constexpr uint32_t kCombineColumns = 128;
inline constexpr uint32_t kCombineThreads = kMostChunks;

/// kMeanStep values of a mean, as one thread loads and holds them.
template <class Value>
struct MeanPiece;

template <>
struct MeanPiece<float> {
  float4 lower;
  float4 upper;

  __device__ void load(const float* from) {
    lower = reinterpret_cast<const float4*>(from)[0];
    upper = reinterpret_cast<const float4*>(from)[1];
  }
  __device__ void widen(float (&values)[8]) const {
    memcpy(&values[0], &lower, sizeof lower);
    memcpy(&values[4], &upper, sizeof upper);
  }
};

template <>
struct MeanPiece<__half> {
  uint4 bits;

  __device__ void load(const __half* from) { bits = *reinterpret_cast<const uint4*>(from); }
  __device__ void widen(float (&values)[8]) const {
    __half halves[8];
    memcpy(halves, &bits, sizeof bits);
#pragma unroll
    for (uint32_t i = 0; i < 8; ++i) values[i] = __half2float(halves[i]);
  }
};

/// Blocks (columns, heads, tokens). Everything is asked for as soon as the position is known: means by
/// threads (columns, chunks), largest logits and sums by a thread for each chunk. Adds the chunks up in an
/// order that depends on their number alone. Floor: the latency of two loads, one behind the other, and four
/// barriers; the partial results' bytes where there are many.
template <class Value>
__global__ void __launch_bounds__(kCombineThreads, 1) combine_latent_kernel(LatentParams<Value> p) {
  constexpr uint32_t kStep = LatentPartials<Value>::kMeanStep;
  constexpr uint32_t kLanes = kCombineColumns / kStep;
  constexpr uint32_t kGroups = kCombineThreads / kLanes;
  constexpr uint32_t kPieces = kMostChunks / kGroups;
  __shared__ float weights[kMostChunks];
  __shared__ float sums[kGroups][kCombineColumns];
  const LatentPartials<Value>& partials = p.partials;
  const uint32_t head = blockIdx.y;
  const uint32_t token = blockIdx.z;
  const uint32_t chunks = ContextChunks::cut(p.call.position.of(token) + 1, partials.most_chunks).count;
  const uint32_t lane = threadIdx.x % kLanes;
  const uint32_t group = threadIdx.x / kLanes;
  const uint32_t column = blockIdx.x * kCombineColumns + lane * kStep;

  MeanPiece<Value> pieces[kPieces];
  const Value* from =
      partials.mean + partials.at(token, group, p.call.heads, head) * partials.mean_stride + column;
  const size_t pieces_apart = size_t{kGroups} * p.call.heads * partials.mean_stride;
#pragma unroll
  for (uint32_t i = 0; i < kPieces; ++i) {
    if (group + i * kGroups < chunks && column < p.call.kv_lora) pieces[i].load(from);
    from += pieces_apart;
  }
  float largest = -INFINITY;
  float sum = 0;
  if (threadIdx.x < chunks) {
    largest = partials.largest[partials.at(token, threadIdx.x, p.call.heads, head)];
    sum = partials.sum[partials.at(token, threadIdx.x, p.call.heads, head)];
  }
  const float most = block_max(largest);
  const float weight = sum == 0.0f ? 0.0f : exp2f(largest - (most == -INFINITY ? 0.0f : most)) * sum;
  weights[threadIdx.x] = weight;
  const float total = block_sum(weight);  // and all weights are there

  float mine[kStep] = {};
#pragma unroll
  for (uint32_t i = 0; i < kPieces; ++i) {
    const uint32_t chunk = group + i * kGroups;
    // A chunk without weight may have no mean.
    if (chunk >= chunks || weights[chunk] == 0.0f) continue;
    float mean[kStep];
    pieces[i].widen(mean);
#pragma unroll
    for (uint32_t j = 0; j < kStep; ++j) mine[j] = fmaf(weights[chunk], mean[j], mine[j]);
  }
#pragma unroll
  for (uint32_t j = 0; j < kStep; ++j) sums[group][lane * kStep + j] = mine[j];
  __syncthreads();

  const uint32_t own = blockIdx.x * kCombineColumns + threadIdx.x;
  if (threadIdx.x >= kCombineColumns || own >= p.call.kv_lora) return;
  float value = 0;
#pragma unroll
  for (uint32_t g = 0; g < kGroups; ++g) value += sums[g][threadIdx.x];
  p.call.out[token * p.call.out_token_stride + head * p.call.out_head_stride + own] = value / total;
}

}  // namespace kvasir::engine::cuda
