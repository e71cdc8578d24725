#pragma once

#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/pack.cuh"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/device/tensor_core.cuh"
#include "engine/cuda/kernels/attention_latent.cuh"

#include <cstdint>

namespace kvasir::engine::cuda {

/// Attention to one chunk by a block of 8 warps on tensor cores, in halves with float32 sums.
///
/// The rows of 16 heads' queries are A; a tile of KV rows in shared memory is B twice: as keys with all its
/// columns, as values with its first kv_lora ones. Tiles come by asynchronous copies, kStages − 1 ahead. Per
/// tile: (1) four quarters of the columns times two halves of the positions make the warps' partial logits;
/// (2) each warp adds them up for its heads and makes weights; (3) each warp multiplies the weights with its
/// eighth of the values' columns.
///
/// Floor: the rows' bytes. At 16 heads and F16 a row takes 17 matrix instructions and 1,152 bytes.
template <int kHeadGroups, KvType kType, int kTile, int kStages>
class LatentChunk {
 public:
  static constexpr uint32_t kKvLora = 512;
  static constexpr uint32_t kWidth = 576;
  static constexpr uint32_t kThreads = 256;
  static constexpr uint32_t kHeads = 16 * kHeadGroups;

  static constexpr size_t shared_bytes() {
    return kStages * kStageBytes + (kType == KvType::Q8_0 ? kTileBytes : 0) + sizeof(Scratch);
  }

  __device__ explicit LatentChunk(const LatentParams<__half>& params)
      : p_(params),
        token_(blockIdx.z),
        first_head_(blockIdx.y * kHeads),
        positions_(params.call.position.of(blockIdx.z) + 1),
        warp_(threadIdx.x / kWarp),
        lane_(threadIdx.x % kWarp),
        memory_(dynamic_shared<std::byte>()) {
    for (float& largest : largest_) largest = -INFINITY;
  }

  __device__ void run() {
    QueryValues query;
    load_query(query);  // which does not wait for the position
    const ContextChunks chunks = ContextChunks::cut(positions_, p_.partials.most_chunks);
    if (blockIdx.x >= chunks.count) return;
    begin_ = blockIdx.x * chunks.length;
    end_ = min(begin_ + chunks.length, positions_);
    const uint32_t tiles = divide_up(end_ - begin_, kTile);

    for (uint32_t tile = 0; tile < kStages - 1; ++tile) request(tile);
    round_query(query);
    for (uint32_t tile = 0; tile < tiles; ++tile) {
      copy_async_wait<kStages - 2>();
      __syncthreads();  // the tile is here, and the one before is no longer read
      request(tile + kStages - 1);
      if constexpr (kType == KvType::Q8_0) {
        expand(tile);
        __syncthreads();
      }
      multiply_keys(rows(tile));
      __syncthreads();
      make_weights(begin_ + tile * kTile);
      __syncthreads();
      multiply_values(rows(tile));
    }
    copy_async_wait<0>();
    store();
  }

 private:
  static constexpr uint32_t kWarps = kThreads / kWarp;
  static constexpr uint32_t kQuarters = 4;
  static constexpr uint32_t kQuarterSteps = kWidth / 16 / kQuarters;
  /// Groups of 8 positions of a warp's logits; groups of 8 columns of its values.
  static constexpr uint32_t kLogitTiles = kTile / 2 / 8;
  static constexpr uint32_t kValueTiles = kKvLora / kWarps / 8;
  static constexpr uint32_t kWarpHeads = kHeads / kWarps;
  /// A row in shared memory: 16 bytes more than its values, so that 8 rows' pieces lie in distinct banks.
  static constexpr uint32_t kRowHalves = kWidth + 8;
  static constexpr size_t kTileBytes = kTile * kRowHalves * sizeof(__half);
  static constexpr uint32_t kFileRowBytes = static_cast<uint32_t>(kv_row_bytes(kType, kWidth));
  static constexpr uint32_t kStageRowBytes =
      kType == KvType::F16 ? kRowHalves * sizeof(__half) : kFileRowBytes;
  static constexpr size_t kStageBytes = size_t{kTile} * kStageRowBytes;
  /// Weights are at most 2¹² instead of 1: halves keep those down to 2⁻³⁶ of the largest.
  static constexpr float kWeightShift = 12;

  struct Scratch {
    float logits[kQuarters][kHeads][kTile + 8];
    uint16_t weights[kHeads][kTile + 8];  ///< halves
    float largest_query[kQuarters][kHeads];
    float logit_scale[kHeads];
    float rescale[kHeads];
    float inverse_sum[kHeads];
  };

  __device__ Scratch& scratch() const {
    return *reinterpret_cast<Scratch*>(memory_ + shared_bytes() - sizeof(Scratch));
  }
  __device__ std::byte* stage(uint32_t tile) const { return memory_ + tile % kStages * kStageBytes; }
  /// The tile's rows as halves, {kTile, kRowHalves}.
  __device__ uint16_t* rows(uint32_t tile) const {
    return reinterpret_cast<uint16_t*>(kType == KvType::F16 ? stage(tile) : memory_ + kStages * kStageBytes);
  }
  __device__ uint32_t group() const { return lane_ / 4; }
  __device__ uint32_t place() const { return lane_ % 4 * 2; }

  /// Asks for a tile's rows; zeros where there are none.
  __device__ void request(uint32_t tile) {
    constexpr uint32_t kPieces = kFileRowBytes / 16;
    std::byte* const to = stage(tile);
    const uint32_t first = begin_ + tile * kTile;
    for (uint32_t i = threadIdx.x; i < kTile * kPieces; i += kThreads) {
      const uint32_t row = i / kPieces;
      const uint32_t byte = i % kPieces * 16;
      copy_async_16(to + row * kStageRowBytes + byte,
                    p_.call.rows.data + size_t{first + row} * kFileRowBytes + byte, first + row < end_);
    }
    copy_async_commit();
  }

  /// Q8_0 rows become halves.
  __device__ void expand(uint32_t tile) {
    constexpr uint32_t kPieces = kWidth / 16;
    const std::byte* const from = stage(tile);
    uint16_t* const to = rows(tile);
    for (uint32_t i = threadIdx.x; i < kTile * kPieces; i += kThreads) {
      const uint32_t row = i / kPieces;
      const uint32_t column = i % kPieces * 16;
      const std::byte* const bytes = from + row * kStageRowBytes;
      const auto* const scales = reinterpret_cast<const __half*>(bytes + kv_row_scales_offset(kWidth));
      const float scale = __half2float(scales[column / kKvScaleValues]);
      const uint4 codes = *reinterpret_cast<const uint4*>(bytes + column);
      auto* const halves = reinterpret_cast<uint4*>(to + row * kRowHalves + column);
      halves[0] = make_uint4(low_pair(codes.x, scale), high_pair(codes.x, scale), low_pair(codes.y, scale),
                             high_pair(codes.y, scale));
      halves[1] = make_uint4(low_pair(codes.z, scale), high_pair(codes.z, scale), low_pair(codes.w, scale),
                             high_pair(codes.w, scale));
    }
  }
  __device__ static float code(uint32_t four, uint32_t i) {
    return static_cast<float>(static_cast<int8_t>(four >> (8 * i)));
  }
  __device__ static uint32_t low_pair(uint32_t four, float scale) {
    return pack_halves(code(four, 0) * scale, code(four, 1) * scale);
  }
  __device__ static uint32_t high_pair(uint32_t four, float scale) {
    return pack_halves(code(four, 2) * scale, code(four, 3) * scale);
  }

  /// Heads beyond the last are computed as the last one, and not stored.
  __device__ float2 query_pair(uint32_t head, uint32_t column) const {
    return *reinterpret_cast<const float2*>(p_.call.query + token_ * p_.call.query_token_stride +
                                            min(head, p_.call.heads - 1) * p_.call.query_head_stride +
                                            column);
  }

  /// The warp's quarter of the queries, as fragments of A hold them.
  using QueryValues = float2[kHeadGroups][kQuarterSteps][4];

  __device__ void load_query(QueryValues& values) const {
#pragma unroll
    for (int g = 0; g < kHeadGroups; ++g) {
      const uint32_t head = first_head_ + g * 16 + group();
#pragma unroll
      for (uint32_t step = 0; step < kQuarterSteps; ++step) {
        const uint32_t column = (warp_ % kQuarters * kQuarterSteps + step) * 16 + place();
#pragma unroll
        for (uint32_t i = 0; i < 4; ++i)
          values[g][step][i] = query_pair(head + i % 2 * 8, column + i / 2 * 8);
      }
    }
  }

  /// Queries become halves. Each head is scaled by the power of two that brings its largest value just below
  /// the largest half; `logit_scale` undoes it.
  __device__ void round_query(const QueryValues& values) {
#pragma unroll
    for (int g = 0; g < kHeadGroups; ++g) {
#pragma unroll
      for (uint32_t upper = 0; upper < 2; ++upper) {
        float largest = 0;
#pragma unroll
        for (uint32_t step = 0; step < kQuarterSteps; ++step) {
#pragma unroll
          for (uint32_t i = upper; i < 4; i += 2)
            largest = fmaxf(largest, fmaxf(fabsf(values[g][step][i].x), fabsf(values[g][step][i].y)));
        }
        largest = fmaxf(largest, __shfl_xor_sync(kAllLanes, largest, 1));
        largest = fmaxf(largest, __shfl_xor_sync(kAllLanes, largest, 2));
        if (warp_ < kQuarters && lane_ % 4 == 0)
          scratch().largest_query[warp_][g * 16 + upper * 8 + group()] = largest;
      }
    }
    __syncthreads();
#pragma unroll
    for (int g = 0; g < kHeadGroups; ++g) {
      const float scales[2] = {query_scale(g * 16 + group()), query_scale(g * 16 + 8 + group())};
#pragma unroll
      for (uint32_t step = 0; step < kQuarterSteps; ++step) {
#pragma unroll
        for (uint32_t i = 0; i < 4; ++i)
          query_[g][step][i] =
              pack_halves(values[g][step][i].x * scales[i % 2], values[g][step][i].y * scales[i % 2]);
      }
    }
    if (threadIdx.x < kHeads) {
      constexpr float kLog2E = 1.4426950408889634f;
      scratch().logit_scale[threadIdx.x] = p_.call.softmax_scale * kLog2E / query_scale(threadIdx.x);
    }
  }

  /// The power of two by which a head's query is multiplied.
  __device__ float query_scale(uint32_t head) const {
    float largest = 0;
    for (uint32_t quarter = 0; quarter < kQuarters; ++quarter)
      largest = fmaxf(largest, scratch().largest_query[quarter][head]);
    // largest · scale is in [2¹⁴, 2¹⁵); its exponent is bounded so that the scale and its inverse are normal.
    const uint32_t exponent = min(max(__float_as_uint(largest) >> 23, 15u), 254u);
    return __uint_as_float((2 * 127 + 14 - exponent) << 23);
  }

  /// The warp's share of the logits, without their scale, to `logits`.
  __device__ void multiply_keys(const uint16_t* tile) {
    const uint32_t quarter = warp_ % kQuarters;
    const uint32_t first = warp_ / kQuarters * (kTile / 2);
    float sums[kHeadGroups][kLogitTiles][4] = {};
#pragma unroll
    for (uint32_t step = 0; step < kQuarterSteps; ++step) {
      const uint32_t column = (quarter * kQuarterSteps + step) * 16;
      uint32_t keys[kLogitTiles][2];
      load_keys(keys, tile, first, column);
#pragma unroll
      for (int g = 0; g < kHeadGroups; ++g) {
#pragma unroll
        for (uint32_t n = 0; n < kLogitTiles; ++n) mma_m16n8k16(sums[g][n], query_[g][step], keys[n], F16{});
      }
    }
#pragma unroll
    for (int g = 0; g < kHeadGroups; ++g) {
#pragma unroll
      for (uint32_t n = 0; n < kLogitTiles; ++n) {
        float(*const logits)[kTile + 8] = scratch().logits[quarter] + g * 16 + group();
        const uint32_t position = first + n * 8 + place();
        *reinterpret_cast<float2*>(&logits[0][position]) = make_float2(sums[g][n][0], sums[g][n][1]);
        *reinterpret_cast<float2*>(&logits[8][position]) = make_float2(sums[g][n][2], sums[g][n][3]);
      }
    }
  }

  /// Fragments of B: positions `first` on, columns `column` to `column` + 16.
  __device__ void load_keys(uint32_t (&keys)[kLogitTiles][2], const uint16_t* tile, uint32_t first,
                            uint32_t column) const {
    static_assert(kLogitTiles == 1 || kLogitTiles == 2);
    const uint16_t* const row =
        tile + (first + lane_ / 16 * 8 % (kTile / 2) + lane_ % 8) * kRowHalves + column + lane_ / 8 % 2 * 8;
    if constexpr (kLogitTiles == 1) {
      ldmatrix_x2(keys[0], row);
    } else {
      uint32_t four[4];
      ldmatrix_x4(four, row);
      keys[0][0] = four[0];
      keys[0][1] = four[1];
      keys[1][0] = four[2];
      keys[1][1] = four[3];
    }
  }

  /// The warp's heads: logits of the tile's positions, a lane each, become weights; `rescale` tells by how
  /// much earlier weights shrink.
  __device__ void make_weights(uint32_t first_position) {
    const bool seen = lane_ < kTile && first_position + lane_ < end_;
#pragma unroll
    for (uint32_t i = 0; i < kWarpHeads; ++i) {
      const uint32_t head = warp_ * kWarpHeads + i;
      float logit = -INFINITY;
      if (seen) {
        const auto& logits = scratch().logits;
        logit = (logits[0][head][lane_] + logits[1][head][lane_]) +
                (logits[2][head][lane_] + logits[3][head][lane_]);
        logit *= scratch().logit_scale[head];
      }
      const float largest = fmaxf(largest_[i], warp_max(logit));
      const float base = largest == -INFINITY ? 0.0f : largest;
      const __half weight = __float2half_rn(seen ? exp2f(logit - base + kWeightShift) : 0.0f);
      const float rescale = exp2f(largest_[i] - base);
      sum_[i] = fmaf(sum_[i], rescale, warp_sum(__half2float(weight)));
      largest_[i] = largest;
      if (lane_ < kTile) scratch().weights[head][lane_] = __half_as_ushort(weight);
      if (lane_ == 0) scratch().rescale[head] = rescale;
    }
  }

  /// values_ = values_ · rescale + weights · the warp's columns of the tile.
  __device__ void multiply_values(const uint16_t* tile) {
#pragma unroll
    for (int g = 0; g < kHeadGroups; ++g) {
      const float lower = scratch().rescale[g * 16 + group()];
      const float upper = scratch().rescale[g * 16 + 8 + group()];
#pragma unroll
      for (uint32_t n = 0; n < kValueTiles; ++n) {
        values_[g][n][0] *= lower;
        values_[g][n][1] *= lower;
        values_[g][n][2] *= upper;
        values_[g][n][3] *= upper;
      }
    }
#pragma unroll
    for (uint32_t first = 0; first < kTile; first += 16) {
      uint32_t weights[kHeadGroups][4];
#pragma unroll
      for (int g = 0; g < kHeadGroups; ++g)
        ldmatrix_x4(weights[g], &scratch().weights[g * 16 + lane_ % 16][first + lane_ / 16 * 8]);
#pragma unroll
      for (uint32_t n = 0; n < kValueTiles; n += 2) {
        uint32_t four[4];
        ldmatrix_x4_trans(four, tile + (first + lane_ % 16) * kRowHalves + warp_ * kValueTiles * 8 + n * 8 +
                                    lane_ / 16 * 8);
        const uint32_t left[2] = {four[0], four[1]};
        const uint32_t right[2] = {four[2], four[3]};
#pragma unroll
        for (int g = 0; g < kHeadGroups; ++g) {
          mma_m16n8k16(values_[g][n], weights[g], left, F16{});
          mma_m16n8k16(values_[g][n + 1], weights[g], right, F16{});
        }
      }
    }
  }

  /// The partial result.
  __device__ void store() {
#pragma unroll
    for (uint32_t i = 0; i < kWarpHeads; ++i) {
      const uint32_t head = warp_ * kWarpHeads + i;
      if (lane_ != 0) continue;
      scratch().inverse_sum[head] = 1.0f / sum_[i];
      if (first_head_ + head >= p_.call.heads) continue;
      const size_t at = p_.partials.at(token_, blockIdx.x, p_.call.heads, first_head_ + head);
      p_.partials.largest[at] = largest_[i];
      p_.partials.sum[at] = sum_[i];
    }
    __syncthreads();
#pragma unroll
    for (int g = 0; g < kHeadGroups; ++g) {
#pragma unroll
      for (uint32_t upper = 0; upper < 2; ++upper) {
        const uint32_t head = g * 16 + upper * 8 + group();
        if (first_head_ + head >= p_.call.heads) continue;
        const float inverse = scratch().inverse_sum[head];
        __half* const mean = p_.partials.mean +
                             p_.partials.at(token_, blockIdx.x, p_.call.heads, first_head_ + head) * kKvLora +
                             warp_ * kValueTiles * 8 + place();
#pragma unroll
        for (uint32_t n = 0; n < kValueTiles; ++n)
          *reinterpret_cast<uint32_t*>(mean + n * 8) =
              pack_halves(values_[g][n][2 * upper] * inverse, values_[g][n][2 * upper + 1] * inverse);
      }
    }
  }

  const LatentParams<__half>& p_;
  uint32_t token_;
  uint32_t first_head_;
  uint32_t positions_;
  uint32_t warp_;
  uint32_t lane_;
  std::byte* memory_;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  uint32_t query_[kHeadGroups][kQuarterSteps][4];
  float values_[kHeadGroups][kValueTiles][4] = {};
  float largest_[kWarpHeads];
  float sum_[kWarpHeads] = {};
};

/// Blocks (chunks, heads, tokens).
template <class Chunk>
__global__ void __launch_bounds__(Chunk::kThreads, 1) latent_attention_kernel(LatentParams<__half> p) {
  Chunk(p).run();
}

}  // namespace kvasir::engine::cuda
