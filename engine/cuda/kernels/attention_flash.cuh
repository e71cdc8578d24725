#pragma once

#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/exp2.cuh"
#include "engine/cuda/device/pack.cuh"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/device/tensor_core.cuh"
#include "engine/cuda/kernels/attention_expanded.cuh"

#include <cstdint>

namespace kvasir::engine::cuda {

/// Flash attention (arXiv:2307.08691) of 128 tokens to one chunk, for one head: a block of 8 warps, 16 tokens
/// each. Queries stay in registers; tiles of kTile positions' keys and values come by asynchronous copies,
/// one ahead. Keys have up to kKey values and values up to kValue, zeros behind them; both multiples of 64.
///
/// Floor: tensor cores. At 192 and 128 a tile of 64 positions takes 160 matrix instructions of each warp,
/// which reads 40 KB of shared memory for them.
template <int kKey, int kValue, int kTile>
class FlashTile {
 public:
  static constexpr uint32_t kThreads = 256;
  static constexpr uint32_t kTokens = 128;

  static constexpr size_t shared_bytes() { return 2 * kStageHalves * sizeof(uint16_t); }

  __device__ explicit FlashTile(const ExpandedParams& params)
      : p_(params),
        head_(blockIdx.x),
        // Late tokens see the most: they come first.
        first_token_((gridDim.y - 1 - blockIdx.y) * kTokens),
        lane_(threadIdx.x % kWarp),
        token_(first_token_ + threadIdx.x / kWarp * 16 + lane_ / 4),
        memory_(dynamic_shared<uint16_t>()) {}

  __device__ void run() {
    const uint32_t last = p_.call.first_position + min(first_token_ + kTokens, p_.call.tokens) - 1;
    if (p_.chunk.begin > last) return;
    seen_ = min(last + 1, p_.chunk.end) - p_.chunk.begin;

    request(0);
    load_query();
    restore();
    const uint32_t tiles = divide_up(seen_, kTile);
    for (uint32_t tile = 0; tile < tiles; ++tile) {
      copy_async_wait<0>();
      __syncthreads();  // the tile is here, and the one before is no longer read
      if (tile + 1 < tiles) request(tile + 1);
      // The warp's last token sees nothing of tiles behind it.
      if (p_.chunk.begin + tile * kTile <= first_position() + 15) attend(tile);
    }
    store(p_.chunk.end > last);
  }

 private:
  static constexpr uint32_t kKeySteps = kKey / 16;
  static constexpr uint32_t kKeyStride = kKey + 8;  ///< 8 rows' pieces lie in distinct banks
  static constexpr uint32_t kValueStride = kValue + 8;
  /// Addresses of more copies don't fit in the registers beside large sums.
  static constexpr int kCopiesAtOnce = kValue > 128 ? 1 : 4;
  static constexpr uint32_t kStageHalves = kTile * (kKeyStride + kValueStride);

  __device__ uint16_t* keys(uint32_t tile) const { return memory_ + tile % 2 * kStageHalves; }
  __device__ uint16_t* values(uint32_t tile) const { return keys(tile) + kTile * kKeyStride; }
  /// Of the lane's two tokens, `token_` and `token_` + 8.
  __device__ uint32_t token(uint32_t upper) const { return token_ + 8 * upper; }
  __device__ uint32_t position(uint32_t upper) const { return p_.call.first_position + token(upper); }

  /// Of the warp's first token.
  __device__ uint32_t first_position() const { return position(0) - lane_ / 4; }

  /// Asks for a tile: 8 threads for 64 values of a position's row, 32 positions at once.
  __device__ void request(uint32_t tile) {
    constexpr uint32_t kPiece = ExpandedChunk::kPiece;
    const DeviceExpansion& expansion = p_.call.expansion;
    const uint32_t piece = threadIdx.x % 8 * kPiece;
    const uint16_t* const head_keys = p_.chunk.keys + size_t{head_} * p_.chunk.capacity * expansion.nope;
    const uint16_t* const head_values =
        p_.chunk.values + size_t{head_} * p_.chunk.capacity * expansion.v_head;
#pragma unroll
    for (uint32_t first = 0; first < kTile; first += kThreads / 8) {
      const uint32_t row = first + threadIdx.x / 8;
      const size_t position = tile * kTile + row;
      const bool there = position < seen_;
#pragma unroll kCopiesAtOnce
      for (uint32_t column = piece; column < kKey; column += 8 * kPiece) {
        const bool nope = column < expansion.nope;
        const uint16_t* const from = nope ? head_keys + position * expansion.nope + column
                                          : p_.chunk.rope + position * p_.rope + (column - expansion.nope);
        copy_async_16(keys(tile) + row * kKeyStride + column, from,
                      there && column < expansion.nope + p_.rope);
      }
#pragma unroll kCopiesAtOnce
      for (uint32_t column = piece; column < kValue; column += 8 * kPiece)
        copy_async_16(values(tile) + row * kValueStride + column,
                      head_values + position * expansion.v_head + column, there && column < expansion.v_head);
    }
    copy_async_commit();
  }

  /// The warp's queries as fragments of A, scaled so that logits come out in base 2.
  __device__ void load_query() {
    constexpr float kLog2E = 1.4426950408889634f;
    const float scale = p_.call.softmax_scale * kLog2E;
    const uint32_t width = p_.call.expansion.nope + p_.rope;
#pragma unroll
    for (uint32_t step = 0; step < kKeySteps; ++step) {
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t column = step * 16 + i / 2 * 8 + lane_ % 4 * 2;
        const bool there = token(i % 2) < p_.call.tokens && column < width;
        const float* const from = p_.call.query + token(i % 2) * p_.call.query_token_stride +
                                  head_ * p_.call.query_head_stride + column;
        query_[step][i] = there ? pack_bf16(from[0] * scale, from[1] * scale) : 0;
      }
    }
  }

  /// Goes on where the chunk before ended.
  __device__ void restore() {
#pragma unroll
    for (uint32_t upper = 0; upper < 2; ++upper) {
      largest_[upper] = -INFINITY;
      sum_[upper] = 0;
      if (p_.chunk.begin == 0 || token(upper) >= p_.call.tokens) continue;
      const size_t at = size_t{token(upper)} * p_.call.expansion.heads + head_;
      largest_[upper] = p_.largest[at];
      sum_[upper] = p_.sum[at * ExpandedParams::kSumParts + lane_ % 4];
      const float* const out = out_of(upper);
#pragma unroll
      for (uint32_t n = 0; n < kValue / 8; ++n) {
        if (n * 8 >= p_.call.expansion.v_head) continue;
        values_[n][2 * upper] = out[n * 8];
        values_[n][2 * upper + 1] = out[n * 8 + 1];
      }
    }
  }

  /// The lane's first value of a token's output.
  __device__ float* out_of(uint32_t upper) const {
    return p_.call.out + token(upper) * p_.call.out_token_stride + head_ * p_.call.out_head_stride +
           lane_ % 4 * 2;
  }

  __device__ void attend(uint32_t tile) {
    float logits[kTile / 8][4] = {};
    multiply_keys(logits, keys(tile));
    const uint32_t first = p_.chunk.begin + tile * kTile;
    // Positions that the warp's first token does not see are in few tiles.
    if (first + kTile - 1 > first_position()) mask(logits, first);
    make_weights(logits);
    multiply_values(logits, values(tile));
  }

  __device__ void multiply_keys(float (&logits)[kTile / 8][4], const uint16_t* tile) const {
    const uint16_t* const row = tile + (lane_ / 16 * 8 + lane_ % 8) * kKeyStride + lane_ / 8 % 2 * 8;
#pragma unroll
    for (uint32_t step = 0; step < kKeySteps; ++step) {
#pragma unroll
      for (uint32_t n = 0; n < kTile / 8; n += 2) {
        uint32_t four[4];
        ldmatrix_x4(four, row + n * 8 * kKeyStride + step * 16);
        mma_m16n8k16(logits[n], query_[step], {four[0], four[1]}, Bf16{});
        mma_m16n8k16(logits[n + 1], query_[step], {four[2], four[3]}, Bf16{});
      }
    }
  }

  /// A token sees positions up to its own.
  __device__ void mask(float (&logits)[kTile / 8][4], uint32_t first) const {
#pragma unroll
    for (uint32_t n = 0; n < kTile / 8; ++n) {
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i)
        if (first + n * 8 + lane_ % 4 * 2 + i % 2 > position(i / 2)) logits[n][i] = -INFINITY;
    }
  }

  /// Logits become weights; what was summed before shrinks where a larger logit came.
  __device__ void make_weights(float (&logits)[kTile / 8][4]) {
#pragma unroll
    for (uint32_t upper = 0; upper < 2; ++upper) {
      float largest = largest_[upper];
#pragma unroll
      for (uint32_t n = 0; n < kTile / 8; ++n)
        largest = fmaxf(largest, fmaxf(logits[n][2 * upper], logits[n][2 * upper + 1]));
      largest = fmaxf(largest, __shfl_xor_sync(kAllLanes, largest, 1));
      largest = fmaxf(largest, __shfl_xor_sync(kAllLanes, largest, 2));
      const float base = largest == -INFINITY ? 0.0f : largest;
      const float rescale = exp2_or_zero(largest_[upper] - base);
      largest_[upper] = largest;
      float sum = sum_[upper] * rescale;
#pragma unroll
      for (uint32_t n = 0; n < kTile / 8; ++n) {
#pragma unroll
        for (uint32_t i = 2 * upper; i < 2 * upper + 2; ++i) {
          logits[n][i] = exp2_or_zero(logits[n][i] - base);
          sum += logits[n][i];
        }
      }
      sum_[upper] = sum;
#pragma unroll
      for (uint32_t n = 0; n < kValue / 8; ++n) {
        values_[n][2 * upper] *= rescale;
        values_[n][2 * upper + 1] *= rescale;
      }
    }
  }

  /// values_ += weights · values: where the logits' sums stood is where A's fragments of the weights stand.
  __device__ void multiply_values(const float (&weights)[kTile / 8][4], const uint16_t* tile) {
    const uint16_t* const row = tile + lane_ % 16 * kValueStride + lane_ / 16 * 8;
#pragma unroll
    for (uint32_t step = 0; step < kTile / 16; ++step) {
      const float(&left)[4] = weights[2 * step];
      const float(&right)[4] = weights[2 * step + 1];
      const uint32_t a[4] = {pack_bf16(left[0], left[1]), pack_bf16(left[2], left[3]),
                             pack_bf16(right[0], right[1]), pack_bf16(right[2], right[3])};
#pragma unroll
      for (uint32_t n = 0; n < kValue / 8; n += 2) {
        uint32_t four[4];
        ldmatrix_x4_trans(four, row + step * 16 * kValueStride + n * 8);
        mma_m16n8k16(values_[n], a, {four[0], four[1]}, Bf16{});
        mma_m16n8k16(values_[n + 1], a, {four[2], four[3]}, Bf16{});
      }
    }
  }

  /// The result where the tokens have seen all, else what the next chunk goes on with.
  __device__ void store(bool finished) {
#pragma unroll
    for (uint32_t upper = 0; upper < 2; ++upper) {
      float sum = sum_[upper];
      sum += __shfl_xor_sync(kAllLanes, sum, 1);
      sum += __shfl_xor_sync(kAllLanes, sum, 2);
      if (token(upper) >= p_.call.tokens) continue;
      if (!finished) {
        const size_t at = size_t{token(upper)} * p_.call.expansion.heads + head_;
        if (lane_ % 4 == 0) p_.largest[at] = largest_[upper];
        p_.sum[at * ExpandedParams::kSumParts + lane_ % 4] = sum_[upper];
      }
      const float factor = finished ? 1.0f / sum : 1.0f;
      float* const out = out_of(upper);
#pragma unroll
      for (uint32_t n = 0; n < kValue / 8; ++n) {
        if (n * 8 >= p_.call.expansion.v_head) continue;
        out[n * 8] = values_[n][2 * upper] * factor;
        out[n * 8 + 1] = values_[n][2 * upper + 1] * factor;
      }
    }
  }

  const ExpandedParams& p_;
  uint32_t head_;
  uint32_t first_token_;
  uint32_t lane_;
  uint32_t token_;
  uint16_t* memory_;
  uint32_t seen_ = 0;  ///< positions of the chunk that the block's last token sees
  uint32_t query_[kKeySteps][4];
  float values_[kValue / 8][4] = {};
  float largest_[2];
  float sum_[2];
};

/// Blocks (heads, tokens).
template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, 1) flash_attention_kernel(ExpandedParams p) {
  Tile(p).run();
}

}  // namespace kvasir::engine::cuda
