#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/kv_encoding.h"
#include "engine/cuda/device/quad.cuh"
#include "engine/cuda/device/rotation.h"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/elementwise.h"

#include <algorithm>
#include <bit>

namespace kvasir::engine::cuda {
namespace {

constexpr uint32_t kBlock = 256;
constexpr uint32_t kRopeThreads = 512;

/// Quads of a row that a thread keeps.
constexpr int kHeld = 2;

/// A block per token. Each thread reads kHeld quads of the row and of the weight at once and keeps them, so
/// that memory is waited for once; what the threads can't hold of long rows is read twice. The floor is the
/// latency of one load, two barriers and one store.
template <bool kWholeQuads>
__global__ void __launch_bounds__(1024, 1) rms_norm_kernel(RmsNorm p) {
  const uint32_t cols = p.cols;
  const float* const in = p.in + blockIdx.x * p.in_stride;
  float* const out = p.out + blockIdx.x * p.out_stride;
  const uint32_t step = kQuad * blockDim.x;
  const uint32_t first = kQuad * threadIdx.x;

  float4 held[kHeld];
  float4 weight[kHeld];
#pragma unroll
  for (int q = 0; q < kHeld; ++q) {
    held[q] = load_quad<kWholeQuads>(in, first + q * step, cols);
    weight[q] = load_quad<kWholeQuads>(p.weight, first + q * step, cols);
  }
  float squares = 0;
#pragma unroll
  for (int q = 0; q < kHeld; ++q) squares = fma_quad(held[q], held[q], squares);
  for (uint32_t i = first + kHeld * step; i < cols; i += step) {
    const float4 quad = load_quad<kWholeQuads>(in, i, cols);
    squares = fma_quad(quad, quad, squares);
  }

  const float factor = 1.0f / sqrtf(block_sum(squares) / static_cast<float>(cols) + p.eps);
  const auto scaled = [factor](float4 x, float4 w) {
    return make_float4(x.x * factor * w.x, x.y * factor * w.y, x.z * factor * w.z, x.w * factor * w.w);
  };
#pragma unroll
  for (int q = 0; q < kHeld; ++q)
    store_quad<kWholeQuads>(out, first + q * step, cols, scaled(held[q], weight[q]));
  for (uint32_t i = first + kHeld * step; i < cols; i += step)
    store_quad<kWholeQuads>(
        out, i, cols, scaled(load_quad<kWholeQuads>(in, i, cols), load_quad<kWholeQuads>(p.weight, i, cols)));
}

/// A block per token: threads (pair, y); heads y, y + blockDim.y, … of a pair share their rotation. The first
/// head's values are asked for before the rotation is known.
__global__ void __launch_bounds__(kRopeThreads, 1) rope_kernel(Rope p) {
  const uint32_t token = blockIdx.x;
  for (uint32_t pair = threadIdx.x; pair < p.dim / 2; pair += blockDim.x) {
    const auto load = [&](uint32_t head) {
      const float* const in = p.in + token * p.in_token_stride + head * p.in_head_stride + 2 * pair;
      return Pair{in[0], in[1]};
    };
    Pair next = load(threadIdx.y);
    const Rotation rotation = rotation_at(p.position.of(token), p.inverse[pair]);
    for (uint32_t head = threadIdx.y; head < p.heads; head += blockDim.y) {
      const Pair turned = rotation.of(next);
      if (head + blockDim.y < p.heads) next = load(head + blockDim.y);
      float* const out = p.out + token * p.out_token_stride + head * p.out_head_stride + 2 * pair;
      out[0] = turned.x;
      out[1] = turned.y;
    }
  }
}

/// Stores {width} values as a Q8_0 row: a warp per run of values that share a scale, a lane per value.
template <class ValueAt>
__device__ void store_q8_row(std::byte* row, uint32_t width, ValueAt value_at) {
  static_assert(kKvScaleValues == kWarp);
  auto* const codes = reinterpret_cast<int8_t*>(row);
  auto* const scales = reinterpret_cast<uint16_t*>(row + kv_row_scales_offset(width));
  const uint32_t lane = threadIdx.x % kWarp;
  const uint32_t runs = kv_row_scales(width);
  for (uint32_t run = threadIdx.x / kWarp; run < runs; run += blockDim.x / kWarp) {
    const uint32_t i = run * kKvScaleValues + lane;
    const float value = i < width ? value_at(i) : 0.0f;
    uint32_t largest_bits = __float_as_uint(value) & 0x7fffffffu;
    for (int distance = kWarp / 2; distance > 0; distance /= 2)
      largest_bits = max(largest_bits, __shfl_xor_sync(kAllLanes, largest_bits, distance));
    const KvScale scale = kv_scale(largest_bits);
    codes[i] = kv_code(value, scale);
    if (lane == 0) scales[run] = scale.half;
  }
  const size_t scales_end = kv_row_scales_offset(width) + runs * sizeof(uint16_t);
  const size_t end = kv_row_bytes(KvType::Q8_0, width);
  for (size_t i = scales_end + threadIdx.x; i < end; i += blockDim.x) row[i] = std::byte{0};
}

/// The rotated part of a row to `out`; unchanged where there is no rotation.
__device__ void rotate_rope_part(float* out, const float* in, uint32_t dim, const double* inverse,
                                 uint32_t position) {
  if (inverse == nullptr) {
    for (uint32_t i = threadIdx.x; i < dim; i += blockDim.x) out[i] = in[i];
    return;
  }
  for (uint32_t pair = threadIdx.x; pair < dim / 2; pair += blockDim.x) {
    const Pair turned = rotation_at(position, inverse[pair]).of({in[2 * pair], in[2 * pair + 1]});
    out[2 * pair] = turned.x;
    out[2 * pair + 1] = turned.y;
  }
}

/// A block per token; shared: the row's values {width}. All that is read is asked for before the sum of
/// squares is known; what then remains is a factor.
__global__ void __launch_bounds__(kBlock, 1) kv_append_kernel(KvAppend p) {
  const uint32_t width = p.cache.width;
  const float* const in = p.rows + blockIdx.x * p.row_stride;
  const uint32_t position = p.position.of(blockIdx.x);
  const bool normalise = p.norm_weight != nullptr;
  float* const values = dynamic_shared<float>();

  float squares = 0;
  for (uint32_t i = threadIdx.x; i < p.kv_lora; i += blockDim.x) {
    const float value = in[i];
    values[i] = normalise ? value * p.norm_weight[i] : value;
    squares = fmaf(value, value, squares);
  }
  rotate_rope_part(values + p.kv_lora, in + p.kv_lora, width - p.kv_lora, p.inverse, position);
  const float mean = block_sum(squares) / static_cast<float>(p.kv_lora);  // and `values` are all there
  const float factor = normalise ? 1.0f / sqrtf(mean + p.eps) : 1.0f;
  const auto value_at = [&](uint32_t i) { return i < p.kv_lora ? values[i] * factor : values[i]; };

  std::byte* const row = p.cache.data + position * p.cache.row_bytes;
  if (p.cache.type == KvType::Q8_0) {
    store_q8_row(row, width, value_at);
    return;
  }
  for (uint32_t i = threadIdx.x; i < width; i += blockDim.x) {
    if (p.cache.type == KvType::F32)
      reinterpret_cast<float*>(row)[i] = value_at(i);
    else
      reinterpret_cast<uint16_t*>(row)[i] = f32_to_f16(value_at(i));
  }
}

/// Blocks (row, columns), a thread per value.
__global__ void gather_kernel(Gather p) {
  const uint32_t i = blockIdx.y * blockDim.x + threadIdx.x;
  if (i < p.cols) p.out[blockIdx.x * p.out_stride + i] = p.in[p.rows[blockIdx.x] * p.in_stride + i];
}

struct AddParams {
  float* out;
  size_t out_stride;
  const float* in;
  size_t in_stride;
  uint32_t cols;
};

/// Blocks (token, columns), a thread per value.
__global__ void add_kernel(AddParams p) {
  const uint32_t i = blockIdx.y * blockDim.x + threadIdx.x;
  if (i < p.cols) p.out[blockIdx.x * p.out_stride + i] += p.in[blockIdx.x * p.in_stride + i];
}

}  // namespace

void rms_norm(Stream& stream, const RmsNorm& call) {
  const bool whole_quads = in_quads(call.out, call.out_stride, call.cols) &&
                           in_quads(call.in, call.in_stride, call.cols) &&
                           in_quads(call.weight, call.cols, call.cols);
  // Threads depend on the columns alone, and with them the order of the sum.
  constexpr uint32_t kMostThreads = 1024;
  const uint32_t threads = std::min(divide_up(call.cols, kHeld * kQuad * kWarp) * kWarp, kMostThreads);
  stream.launch("rms_norm", whole_quads ? rms_norm_kernel<true> : rms_norm_kernel<false>, dim3(call.tokens),
                dim3(threads), 0, call);
}

void rope(Stream& stream, const Rope& call) {
  if (call.heads == 0) return;
  const uint32_t pairs = std::clamp(call.dim / 2, 1u, kRopeThreads);
  const uint32_t heads = std::clamp(kRopeThreads / pairs, 1u, call.heads);
  stream.launch("rope", rope_kernel, dim3(call.tokens), dim3(pairs, heads), 0, call);
}

void kv_append(Stream& stream, const KvAppend& call) {
  stream.launch("kv_append", kv_append_kernel, dim3(call.tokens), dim3(kBlock),
                call.cache.width * sizeof(float), call);
}

void gather(Stream& stream, const Gather& call) {
  stream.launch("gather", gather_kernel, dim3(call.count, divide_up(call.cols, kBlock)), dim3(kBlock), 0,
                call);
}

void add(Stream& stream, float* out, size_t out_stride, const float* in, size_t in_stride, uint32_t tokens,
         uint32_t cols) {
  stream.launch("add", add_kernel, dim3(tokens, divide_up(cols, kBlock)), dim3(kBlock), 0,
                AddParams{out, out_stride, in, in_stride, cols});
}

}  // namespace kvasir::engine::cuda
