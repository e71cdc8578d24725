#include "engine/cuda/device/choose_experts.cuh"
#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/quad.cuh"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/router.h"

namespace kvasir::engine::cuda {
namespace {

/// Values of a row that a warp's lanes take at once, a quad each.
constexpr uint32_t kStrip = kWarp * kQuad;

struct RouteParams {
  Route call;
  float* logits = nullptr;  ///< {tokens, n_routed_experts}
};

/// Which logits a block computes: its warps stand side by side over experts and tokens, each with a tile of
/// its own. The tile changes nothing in a logit's arithmetic: lane l of a warp adds the products of quads l,
/// l + 32, … in order, then the lanes are added up.
template <uint32_t ExpertWarps, uint32_t TokenWarps, uint32_t WarpExperts, uint32_t WarpTokens,
          uint32_t Ahead>
struct RouterTile {
  static constexpr uint32_t kExpertWarps = ExpertWarps;
  static constexpr uint32_t kWarpExperts = WarpExperts;
  static constexpr uint32_t kWarpTokens = WarpTokens;
  static constexpr uint32_t kExperts = ExpertWarps * WarpExperts;
  static constexpr uint32_t kTokens = TokenWarps * WarpTokens;
  static constexpr uint32_t kAhead = Ahead;  ///< quads of each row that a lane asks for at once
  static constexpr uint32_t kThreads = ExpertWarps * TokenWarps * kWarp;
};
/// One token: all warps there are ask for rows of the router, which is what the time goes into.
using SmallTile = RouterTile<2, 1, 1, 1, 8>;
/// A lane's 12 loads feed 128 multiplications.
using LargeTile = RouterTile<4, 2, 4, 8, 1>;

/// sums[t][e] += the lane's products of quads i, i + 128, … i + (kAhead − 1) · 128 of the tile's rows; all
/// are asked for before the first is needed.
template <class Tile, uint32_t kAhead, class Load>
__device__ void add_products(float (&sums)[Tile::kWarpTokens][Tile::kWarpExperts], const RouteParams& p,
                             uint32_t first_expert, uint32_t first_token, uint32_t i, Load load) {
  constexpr uint32_t kExperts = Tile::kWarpExperts;
  constexpr uint32_t kTokens = Tile::kWarpTokens;
  float4 weights[kAhead][kExperts];
  float4 in[kAhead][kTokens];
#pragma unroll
  for (uint32_t a = 0; a < kAhead; ++a) {
#pragma unroll
    for (uint32_t e = 0; e < kExperts; ++e)
      weights[a][e] = load(
          p.call.router + size_t{min(first_expert + e, p.call.shape.n_routed_experts - 1)} * p.call.hidden,
          i + a * kStrip);
#pragma unroll
    for (uint32_t t = 0; t < kTokens; ++t)
      in[a][t] = load(p.call.in + min(first_token + t, p.call.tokens - 1) * p.call.in_stride, i + a * kStrip);
  }
#pragma unroll
  for (uint32_t a = 0; a < kAhead; ++a) {
#pragma unroll
    for (uint32_t t = 0; t < kTokens; ++t) {
#pragma unroll
      for (uint32_t e = 0; e < kExperts; ++e) sums[t][e] = fma_quad(in[a][t], weights[a][e], sums[t][e]);
    }
  }
}

/// The warp's tile of logits.
template <class Tile, bool kWholeQuads>
__device__ void compute_logits(const RouteParams& p, uint32_t first_expert, uint32_t first_token) {
  constexpr uint32_t kExperts = Tile::kWarpExperts;
  constexpr uint32_t kTokens = Tile::kWarpTokens;
  const uint32_t experts = p.call.shape.n_routed_experts;
  const uint32_t hidden = p.call.hidden;
  const uint32_t lane = threadIdx.x % kWarp;
  float sums[kTokens][kExperts] = {};
  uint32_t i = lane * kQuad;
  if constexpr (kWholeQuads) {
    const auto load = [](const float* row, uint32_t at) {
      return *reinterpret_cast<const float4*>(row + at);
    };
    for (; i + (Tile::kAhead - 1) * kStrip < hidden; i += Tile::kAhead * kStrip)
      add_products<Tile, Tile::kAhead>(sums, p, first_expert, first_token, i, load);
  }
  const auto load = [hidden](const float* row, uint32_t at) {
    return load_quad<kWholeQuads>(row, at, hidden);
  };
  for (; i < hidden; i += kStrip) add_products<Tile, 1>(sums, p, first_expert, first_token, i, load);

#pragma unroll
  for (uint32_t t = 0; t < kTokens; ++t) {
#pragma unroll
    for (uint32_t e = 0; e < kExperts; ++e) {
      const float logit = warp_sum(sums[t][e]);
      if (lane == 0 && first_token + t < p.call.tokens && first_expert + e < experts)
        p.logits[size_t{first_token + t} * experts + first_expert + e] = logit;
    }
  }
}

/// Blocks (experts, tokens). Floor: the router's bytes for few tokens, float32 multiplications for many. (One
/// block to a multiprocessor is enough: it leaves the registers to loads under way.)
template <class Tile, bool kWholeQuads>
__global__ void __launch_bounds__(Tile::kThreads, 1) router_logits_kernel(RouteParams p) {
  const uint32_t warp = threadIdx.x / kWarp;
  compute_logits<Tile, kWholeQuads>(
      p, blockIdx.x * Tile::kExperts + warp % Tile::kExpertWarps * Tile::kWarpExperts,
      blockIdx.y * Tile::kTokens + warp / Tile::kExpertWarps * Tile::kWarpTokens);
}

/// The calling warp chooses for `token`.
__device__ void choose_for_token(const RouteParams& p, uint32_t token, float* shared) {
  const RouterShape& shape = p.call.shape;
  const ExpertScores scores = ExpertScores::at(shared, shape.n_routed_experts);
  for (uint32_t e = threadIdx.x % kWarp; e < shape.n_routed_experts; e += kWarp)
    scores.scores[e] = __ldcg(p.logits + size_t{token} * shape.n_routed_experts + e);
  __syncwarp();
  const size_t first = size_t{token} * shape.num_experts_per_tok;
  choose_experts(p.call.experts + first, p.call.weights + first, scores, p.call.bias, shape);
}

/// A block of one warp per token.
__global__ void __launch_bounds__(kWarp) choose_experts_kernel(RouteParams p) {
  choose_for_token(p, blockIdx.x, dynamic_shared<float>());
}

/// Both for one token: the block that is done last chooses.
template <bool kWholeQuads>
__global__ void __launch_bounds__(SmallTile::kThreads, 1) route_token_kernel(RouteParams p) {
  compute_logits<SmallTile, kWholeQuads>(p, blockIdx.x * SmallTile::kExperts + threadIdx.x / kWarp, 0);
  __threadfence();  // the logits are seen before the block is counted
  __syncthreads();
  if (threadIdx.x >= kWarp) return;
  uint32_t done_before = 0;
  if (threadIdx.x == 0) done_before = atomicAdd(p.call.blocks_done, 1u);
  if (__shfl_sync(kAllLanes, done_before, 0) != gridDim.x - 1) return;
  __threadfence();  // what the other blocks wrote is seen from here on, by the lane that counted
  __syncwarp();     // and so by all
  if (threadIdx.x == 0) *p.call.blocks_done = 0;
  choose_for_token(p, 0, dynamic_shared<float>());
}

template <bool kWholeQuads>
void route(Stream& stream, const RouteParams& params) {
  const Route& call = params.call;
  const uint32_t experts = call.shape.n_routed_experts;
  const size_t choice_bytes = ExpertScores::bytes(experts, call.shape.n_group);
  const uint32_t small_blocks = divide_up(experts, SmallTile::kExperts);
  if (call.tokens == 1 && call.blocks_done != nullptr) {
    stream.launch("route_token", route_token_kernel<kWholeQuads>, dim3(small_blocks),
                  dim3(SmallTile::kThreads), choice_bytes, params);
    return;
  }
  if (call.tokens < LargeTile::kWarpTokens)
    stream.launch("router_logits", router_logits_kernel<SmallTile, kWholeQuads>,
                  dim3(small_blocks, call.tokens), dim3(SmallTile::kThreads), 0, params);
  else
    stream.launch("router_logits", router_logits_kernel<LargeTile, kWholeQuads>,
                  dim3(divide_up(experts, LargeTile::kExperts), divide_up(call.tokens, LargeTile::kTokens)),
                  dim3(LargeTile::kThreads), 0, params);
  stream.launch("choose_experts", choose_experts_kernel, dim3(call.tokens), dim3(kWarp), choice_bytes,
                params);
}

}  // namespace

void route(Stream& stream, Workspace workspace, const Route& call) {
  WorkspaceCutter cutter(workspace.data);
  const RouteParams params{call, cutter.take<float>(size_t{call.tokens} * call.shape.n_routed_experts)};
  if (in_quads(call.in, call.in_stride, call.hidden) && in_quads(call.router, call.hidden, call.hidden))
    route<true>(stream, params);
  else
    route<false>(stream, params);
}

size_t route_workspace_bytes(uint32_t max_tokens, uint32_t experts) {
  WorkspaceCutter cutter(nullptr);
  cutter.take<float>(size_t{max_tokens} * experts);
  return cutter.used();
}

}  // namespace kvasir::engine::cuda
