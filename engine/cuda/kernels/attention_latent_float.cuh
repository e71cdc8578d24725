#pragma once

#include "engine/cuda/device/kv_encoding.h"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/attention_latent.cuh"

#include <cstdint>

namespace kvasir::engine::cuda {

/// Attention to one chunk in float32, for every type of rows and every shape: a block of 8 warps, a head
/// each, over tiles of rows that become floats in shared memory. Floor: float32 multiplications.
class FloatLatentChunk {
 public:
  static constexpr uint32_t kHeads = 8;
  static constexpr uint32_t kThreads = kHeads * kWarp;

  static size_t shared_bytes(uint32_t width, uint32_t kv_lora) {
    return (size_t{kTile + kHeads} * width + size_t{kHeads} * kv_lora) * sizeof(float);
  }

  __device__ explicit FloatLatentChunk(const LatentParams<float>& params)
      : p_(params),
        token_(blockIdx.z),
        head_(blockIdx.y * kHeads + threadIdx.x / kWarp),
        width_(params.call.rows.width),
        lane_(threadIdx.x % kWarp) {
    const uint32_t warp = threadIdx.x / kWarp;
    rows_ = dynamic_shared<float>();
    query_ = rows_ + kTile * width_ + warp * width_;
    values_ = rows_ + (kTile + kHeads) * width_ + warp * p_.call.kv_lora;
  }

  __device__ void run() {
    const uint32_t positions = p_.call.position.of(token_) + 1;
    const ContextChunks chunks = ContextChunks::cut(positions, p_.partials.most_chunks);
    if (blockIdx.x >= chunks.count) return;
    const uint32_t begin = blockIdx.x * chunks.length;
    const uint32_t end = min(begin + chunks.length, positions);

    // A warp without a head attends with zeros and stores nothing.
    for (uint32_t i = lane_; i < width_; i += kWarp)
      query_[i] =
          head_ < p_.call.heads
              ? p_.call.query[token_ * p_.call.query_token_stride + head_ * p_.call.query_head_stride + i]
              : 0.0f;
    for (uint32_t i = lane_; i < p_.call.kv_lora; i += kWarp) values_[i] = 0;
    for (uint32_t first = begin; first < end; first += kTile) {
      __syncthreads();  // the tile before is no longer read
      load_rows(first, end);
      __syncthreads();
      attend(min(end - first, kTile));
    }
    store();
  }

 private:
  static constexpr uint32_t kTile = 8;

  __device__ void load_rows(uint32_t first, uint32_t end) {
    const KvRows& rows = p_.call.rows;
    for (uint32_t i = threadIdx.x; i < kTile * width_; i += kThreads) {
      const uint32_t row = i / width_;
      const uint32_t column = i % width_;
      rows_[i] = first + row < end
                     ? kv_value(rows.type, rows.data + (first + row) * rows.row_bytes, width_, column)
                     : 0.0f;
    }
  }

  /// Of the tile's first `seen` rows.
  __device__ void attend(uint32_t seen) {
    constexpr float kLog2E = 1.4426950408889634f;
    float logits[kTile] = {};
    for (uint32_t i = lane_; i < width_; i += kWarp) {
      const float query = query_[i];
#pragma unroll
      for (uint32_t row = 0; row < kTile; ++row)
        logits[row] = fmaf(query, rows_[row * width_ + i], logits[row]);
    }
    float largest = largest_;
#pragma unroll
    for (uint32_t row = 0; row < kTile; ++row) {
      logits[row] = warp_sum(logits[row]) * (p_.call.softmax_scale * kLog2E);
      if (row < seen) largest = fmaxf(largest, logits[row]);
    }
    const float base = largest == -INFINITY ? 0.0f : largest;
    const float rescale = exp2f(largest_ - base);
    largest_ = largest;
    sum_ *= rescale;
#pragma unroll
    for (uint32_t row = 0; row < kTile; ++row) {
      logits[row] = row < seen ? exp2f(logits[row] - base) : 0.0f;
      sum_ += logits[row];
    }
    for (uint32_t i = lane_; i < p_.call.kv_lora; i += kWarp) {
      float value = values_[i] * rescale;
#pragma unroll
      for (uint32_t row = 0; row < kTile; ++row) value = fmaf(logits[row], rows_[row * width_ + i], value);
      values_[i] = value;
    }
  }

  __device__ void store() {
    if (head_ >= p_.call.heads) return;
    const size_t at = p_.partials.at(token_, blockIdx.x, p_.call.heads, head_);
    if (lane_ == 0) {
      p_.partials.largest[at] = largest_;
      p_.partials.sum[at] = sum_;
    }
    for (uint32_t i = lane_; i < p_.call.kv_lora; i += kWarp)
      p_.partials.mean[at * p_.partials.mean_stride + i] = values_[i] / sum_;
  }

  const LatentParams<float>& p_;
  uint32_t token_;
  uint32_t head_;
  uint32_t width_;
  uint32_t lane_;
  float* rows_;    ///< {kTile, width}
  float* query_;   ///< {width}, the warp's
  float* values_;  ///< {kv_lora}, the warp's
  float largest_ = -INFINITY;
  float sum_ = 0;
};

/// Blocks (chunks, heads, tokens).
__global__ void __launch_bounds__(FloatLatentChunk::kThreads)
    float_latent_attention_kernel(LatentParams<float> p) {
  FloatLatentChunk(p).run();
}

}  // namespace kvasir::engine::cuda
