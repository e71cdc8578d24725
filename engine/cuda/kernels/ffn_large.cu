#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/silu.cuh"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/device/tile_product.cuh"
#include "engine/cuda/kernels/ffn_large.h"
#include "engine/cuda/kernels/products_large.h"

// Gated feed-forward networks on tensor cores: the tokens' slots are sorted by expert, each expert's are
// multiplied tile by tile, and every token's results are summed in its own order.

namespace kvasir::engine::cuda {
namespace {

/// Rows of gate, and as many of up, in a tile.
constexpr uint32_t kRowsOfEach = TileProduct::kRows / 2;

struct InnerParams {
  DType gate_type = DType::F32;
  DType up_type = DType::F32;
  Planes gate;
  Planes up;
  uint32_t cols = 0;
  uint32_t rows = 0;
  Bf16Rows in;                ///< of tokens
  uint16_t* inner = nullptr;  ///< bfloat16 {sorted slots or tokens, inner_stride}
  uint32_t inner_stride = 0;
  SortedSlots sorted;  ///< count 0: tokens as they come
  uint32_t per_token = 1;
  uint32_t tokens = 0;
};

/// inner = silu(gate in) ⊙ up in. Grid {tiles of 64 rows, token tiles or tiles of slots}, 256 threads, 80 KiB
/// of shared memory: the tile's upper rows are up's. Bound by the tensor cores.
__global__ void __launch_bounds__(TileProduct::kThreads, 2)
    ffn_inner_large_kernel(const __grid_constant__ InnerParams p) {
  uint32_t expert = 0, first = blockIdx.y * TileProduct::kTokens;
  uint32_t count = min(TileProduct::kTokens, p.tokens - first);
  if (p.sorted.count != 0) {
    if (blockIdx.y >= *p.sorted.tile_count) return;
    const ExpertTile tile = p.sorted.tiles[blockIdx.y];
    expert = tile.expert, first = tile.first, count = tile.count;
  }
  const TileActivations activations(p.in.data, p.in.pieces, count, [&](uint32_t row) {
    const uint32_t token = p.sorted.count != 0 ? p.sorted.slots[first + row] / p.per_token : first + row;
    return size_t{token} * p.in.pieces;
  });
  const uint32_t first_row = blockIdx.x * kRowsOfEach;
  const bool is_up = threadIdx.x / 2 >= kRowsOfEach;
  const uint32_t row = first_row + threadIdx.x / 2 % kRowsOfEach;
  TileWeights weights(is_up ? p.up_type : p.gate_type, is_up ? p.up : p.gate, p.cols,
                      size_t{expert} * p.rows + row, row < p.rows);
  float sums[4][4][4] = {};
  multiply_tile<true>(activations, weights, p.cols, count, dynamic_shared<std::byte>(), sums);

#pragma unroll
  for (uint32_t m = 0; m < 4; ++m) {
#pragma unroll
    for (uint32_t later = 0; later < 2; ++later) {
      const uint32_t token = TileProduct::token(m) + 8 * later;
      if (token >= count) continue;
#pragma unroll
      for (uint32_t n = 0; n < 2; ++n) {
        // Beyond the last row sums are zero, as the values there must be.
        const uint32_t inner_row = first_row + TileProduct::row<true>(n);
        if (inner_row >= p.inner_stride) continue;
        const float* const gate = &sums[m][n][2 * later];
        const float* const up = &sums[m][n + 2][2 * later];
        *reinterpret_cast<uint32_t*>(p.inner + size_t{first + token} * p.inner_stride + inner_row) =
            pack_bf16(silu(gate[0]) * up[0], silu(gate[1]) * up[1]);
      }
    }
  }
}

struct SumParams {
  float* out = nullptr;  ///< {tokens, hidden}
  size_t out_stride = 0;
  const float* of_slots = nullptr;  ///< {tokens, per_token, hidden}
  const float* weights = nullptr;   ///< {tokens, per_token}
  uint32_t per_token = 0;
  uint32_t hidden = 0;
};

/// out += Σ weight · result over a token's slots. Grid {hidden / 256, tokens}, 256 threads.
__global__ void __launch_bounds__(256) sum_slots_kernel(SumParams p) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x, token = blockIdx.y;
  if (i >= p.hidden) return;
  float sum = 0;
  for (uint32_t k = 0; k < p.per_token; ++k) {
    const size_t slot = size_t{token} * p.per_token + k;
    sum = fmaf(p.weights[slot], p.of_slots[slot * p.hidden + i], sum);
  }
  p.out[token * p.out_stride + i] += sum;
}

/// Fills `inner` {sorted slots or tokens, inner_stride} and returns it as what `down` multiplies.
Bf16Rows inner_products(Stream& stream, const FfnWeights& weights, const Bf16Rows& in, uint32_t tokens,
                        const SortedSlots& sorted, uint32_t per_token, uint4* inner) {
  InnerParams params;
  params.gate_type = weights.gate.type;
  params.up_type = weights.up.type;
  params.gate = planes_of(weights.gate);
  params.up = planes_of(weights.up);
  params.cols = weights.gate.cols;
  params.rows = weights.gate.rows;
  params.in = in;
  params.inner = reinterpret_cast<uint16_t*>(inner);
  params.inner_stride = 8 * bf16_pieces(weights.gate.rows);
  params.sorted = sorted;
  params.per_token = per_token;
  params.tokens = tokens;
  const uint32_t tiles = sorted.count != 0 ? sorted.most_tiles : divide_up(tokens, TileProduct::kTokens);
  stream.launch("ffn_inner_large", ffn_inner_large_kernel, dim3(divide_up(params.rows, kRowsOfEach), tiles),
                dim3(TileProduct::kThreads), TileProduct::kSharedBytes, params);
  return {inner, bf16_pieces(weights.gate.rows), 1};
}

void sum_slots(Stream& stream, const FfnCall& call, const float* of_slots) {
  constexpr uint32_t kThreads = 256;
  SumParams params;
  params.out = call.out;
  params.out_stride = call.out_stride;
  params.of_slots = of_slots;
  params.weights = call.routing.weights;
  params.per_token = call.routing.per_token;
  params.hidden = call.experts->down.rows;
  stream.launch("sum_slots", sum_slots_kernel, dim3(divide_up(params.hidden, kThreads), call.tokens),
                dim3(kThreads), 0, params);
}

/// The workspace.
struct LargeBuffers {
  uint4* in = nullptr;  ///< {tokens, pieces of hidden}
  SortedSlots sorted;
  uint4* routed_inner = nullptr;  ///< {slots, pieces of intermediate}
  float* of_slots = nullptr;      ///< {slots, hidden}
  uint4* shared_inner = nullptr;  ///< {tokens, pieces of shared_intermediate}

  LargeBuffers(WorkspaceCutter& workspace, uint32_t tokens, uint32_t hidden, uint32_t per_token,
               uint32_t experts, uint32_t intermediate, uint32_t shared_intermediate) {
    const uint32_t slots = tokens * per_token;
    in = workspace.take<uint4>(size_t{tokens} * bf16_pieces(hidden));
    sorted = take_sorted_slots(workspace, slots, experts, TileProduct::kTokens);
    routed_inner = workspace.take<uint4>(size_t{slots} * bf16_pieces(intermediate));
    of_slots = workspace.take<float>(size_t{slots} * hidden);
    shared_inner = workspace.take<uint4>(size_t{tokens} * bf16_pieces(shared_intermediate));
  }
};

}  // namespace

void ffn_large(Stream& stream, Workspace workspace, const FfnCall& call) {
  const FfnWeights none;
  const FfnWeights& experts = call.experts != nullptr ? *call.experts : none;
  const FfnWeights& shared = call.shared != nullptr ? *call.shared : none;
  const uint32_t hidden = (call.experts != nullptr ? experts : shared).gate.cols;
  const uint32_t per_token = call.experts != nullptr ? call.routing.per_token : 0;
  WorkspaceCutter cutter(workspace.data);
  const LargeBuffers buffers(cutter, call.tokens, hidden, per_token, experts.gate.matrices, experts.gate.rows,
                             shared.gate.rows);
  const Bf16Conversion conversion{buffers.in, call.in, call.in_stride, 0, 1, hidden};
  convert_to_bf16(stream, {&conversion, 1}, call.tokens);
  if (call.experts != nullptr) {
    sort_slots(stream, buffers.sorted, call.routing, experts.gate.matrices);
    const Bf16Rows inner = inner_products(stream, experts, conversion.rows(), call.tokens, buffers.sorted,
                                          per_token, buffers.routed_inner);
    multiply_slots(stream, experts.down, inner, buffers.sorted, buffers.of_slots);
    sum_slots(stream, call, buffers.of_slots);
  }
  if (call.shared != nullptr) {
    const Bf16Rows inner =
        inner_products(stream, shared, conversion.rows(), call.tokens, {}, 1, buffers.shared_inner);
    Product down;
    down.weight = shared.down;
    down.out = call.out;
    down.out_token_stride = call.out_stride;
    down.accumulate = true;
    multiply_bf16(stream, down, inner, call.tokens);
  }
}

size_t ffn_large_workspace_bytes(uint32_t max_tokens, uint32_t hidden, uint32_t per_token, uint32_t experts,
                                 uint32_t intermediate, uint32_t shared_intermediate) {
  WorkspaceCutter cutter(nullptr);
  LargeBuffers(cutter, max_tokens, hidden, per_token, experts, intermediate, shared_intermediate);
  return cutter.used();
}

}  // namespace kvasir::engine::cuda
