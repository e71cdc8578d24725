#pragma once

#include "engine/cuda/device/order_key.h"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/router.h"

#include <cmath>
#include <cstdint>

namespace kvasir::engine::cuda {

/// What one warp needs in shared memory to choose experts.
struct ExpertScores {
  float* scores = nullptr;         ///< {n_routed_experts}: logits, then scores
  float* selection = nullptr;      ///< {n_routed_experts}: scores plus bias
  uint32_t* keys = nullptr;        ///< {n_routed_experts}: order of selection, kClosed for those out of it
  uint32_t* group_keys = nullptr;  ///< {n_group}

  static constexpr size_t bytes(uint32_t experts, uint32_t groups) {
    return (size_t{experts} * 3 + groups) * sizeof(float);
  }
  __device__ static ExpertScores at(float* memory, uint32_t experts) {
    return {memory, memory + experts, reinterpret_cast<uint32_t*>(memory + 2 * experts),
            reinterpret_cast<uint32_t*>(memory + 3 * experts)};
  }
};

/// Below every `order_key`.
inline constexpr uint32_t kClosed = 0;

/// The index of the largest of `keys`, the first of equal ones; closes it. The whole warp calls it and gets
/// the same answer.
__device__ inline uint32_t take_best(uint32_t* keys, uint32_t count) {
  const uint32_t lane = threadIdx.x % kWarp;
  uint32_t best = lane;
  uint32_t key = lane < count ? keys[lane] : kClosed;
  for (uint32_t i = lane + kWarp; i < count; i += kWarp) {
    if (keys[i] > key) {
      best = i;
      key = keys[i];
    }
  }
  for (uint32_t distance = kWarp / 2; distance > 0; distance /= 2) {
    const uint32_t other = __shfl_xor_sync(kAllLanes, best, distance);
    const uint32_t other_key = __shfl_xor_sync(kAllLanes, key, distance);
    if (other_key > key || (other_key == key && other < best)) {
      best = other;
      key = other_key;
    }
  }
  __syncwarp();  // all have read
  if (lane == 0) keys[best] = kClosed;
  __syncwarp();
  return best;
}

__device__ inline double warp_sum_double(double value) {
  for (uint32_t distance = kWarp / 2; distance > 0; distance /= 2)
    value += __shfl_xor_sync(kAllLanes, value, distance);
  return value;
}

/// Logits become scores, in double precision as `MoeRouter` computes them: rounding decides which experts are
/// equal.
__device__ inline void score_experts(float* scores, const RouterShape& shape) {
  const uint32_t lane = threadIdx.x % kWarp;
  const uint32_t experts = shape.n_routed_experts;
  if (shape.sigmoid) {
    for (uint32_t e = lane; e < experts; e += kWarp)
      scores[e] = static_cast<float>(1.0 / (1.0 + exp(-static_cast<double>(scores[e]))));
    return;
  }
  float largest = -INFINITY;
  for (uint32_t e = lane; e < experts; e += kWarp) largest = fmaxf(largest, scores[e]);
  largest = warp_max(largest);
  double sum = 0;
  for (uint32_t e = lane; e < experts; e += kWarp)
    sum += exp(static_cast<double>(scores[e]) - static_cast<double>(largest));
  sum = warp_sum_double(sum);
  for (uint32_t e = lane; e < experts; e += kWarp)
    scores[e] = static_cast<float>(exp(static_cast<double>(scores[e]) - static_cast<double>(largest)) / sum);
}

/// What a group of experts is judged by: its best one, with sigmoid the sum of its best two.
__device__ inline float group_score(const float* selection, uint32_t size, bool sigmoid) {
  float first = -INFINITY;
  float second = -INFINITY;
  for (uint32_t e = 0; e < size; ++e) {
    const float value = selection[e];
    if (value > first) {
      second = first;
      first = value;
    } else if (value > second) {
      second = value;
    }
  }
  return sigmoid && size >= 2 ? first + second : first;
}

/// Closes the experts of all but the best groups.
__device__ inline void keep_best_groups(const ExpertScores& of, const RouterShape& shape) {
  const uint32_t lane = threadIdx.x % kWarp;
  const uint32_t size = shape.n_routed_experts / shape.n_group;
  for (uint32_t g = lane; g < shape.n_group; g += kWarp)
    of.group_keys[g] = order_key(group_score(of.selection + g * size, size, shape.sigmoid));
  __syncwarp();
  for (uint32_t kept = 0; kept < shape.topk_group; ++kept) take_best(of.group_keys, shape.n_group);
  for (uint32_t e = lane; e < shape.n_routed_experts; e += kWarp)
    if (of.group_keys[e / size] != kClosed) of.keys[e] = kClosed;
  __syncwarp();
}

/// Chooses as `MoeRouter::select` does; a warp calls it with the token's logits in `of.scores`. `experts` and
/// `weights` {num_experts_per_tok} may be in global memory.
__device__ inline void choose_experts(int32_t* experts, float* weights, const ExpertScores& of,
                                      const float* bias, const RouterShape& shape) {
  const uint32_t lane = threadIdx.x % kWarp;
  score_experts(of.scores, shape);
  for (uint32_t e = lane; e < shape.n_routed_experts; e += kWarp) {
    of.selection[e] = bias == nullptr ? of.scores[e] : of.scores[e] + bias[e];
    of.keys[e] = order_key(of.selection[e]);
  }
  __syncwarp();
  if (shape.n_group > 1 && shape.topk_group < shape.n_group) keep_best_groups(of, shape);

  double sum = 0;
  for (uint32_t k = 0; k < shape.num_experts_per_tok; ++k) {
    const uint32_t best = take_best(of.keys, shape.n_routed_experts);
    sum += static_cast<double>(of.scores[best]);
    if (lane == 0) experts[k] = static_cast<int32_t>(best);
  }
  // The reference adds 1e-20 so that scores that are all zero don't divide by zero.
  const double divisor = shape.norm_topk_prob ? sum + 1e-20 : 1.0;
  __syncwarp();
  for (uint32_t k = lane; k < shape.num_experts_per_tok; k += kWarp)
    weights[k] = static_cast<float>(static_cast<double>(of.scores[experts[k]]) / divisor *
                                    static_cast<double>(shape.routed_scaling_factor));
}

}  // namespace kvasir::engine::cuda
