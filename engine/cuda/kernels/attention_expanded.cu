#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/kernels/attention_expand.cuh"
#include "engine/cuda/kernels/attention_expanded.cuh"
#include "engine/cuda/kernels/attention_flash.cuh"

#include <algorithm>

namespace kvasir::engine::cuda {
namespace {

/// Chunks begin at multiples of this, which every kernel's tile divides: where they begin does not change the
/// order of sums.
constexpr uint32_t kChunkStep = 64;
static_assert(kLeastChunkTokens % kChunkStep == 0);

constexpr uint32_t kRoundThreads = 128;

uint32_t rope_of(const ExpandedAttention& call) {
  return call.rows.width - call.expansion.kv_lora;
}

/// Cuts what a chunk of `capacity` positions and the tokens' state take.
ExpandedParams cut(WorkspaceCutter& cutter, const DeviceExpansion& expansion, uint32_t rope, uint32_t tokens,
                   uint32_t capacity) {
  ExpandedParams params;
  params.rope = rope;
  params.largest = cutter.take<float>(size_t{tokens} * expansion.heads);
  params.sum = cutter.take<float>(size_t{tokens} * expansion.heads * ExpandedParams::kSumParts);
  ExpandedChunk& chunk = params.chunk;
  chunk.capacity = capacity;
  chunk.latents = cutter.take<uint16_t>(size_t{capacity} * expansion.kv_lora);
  chunk.rope = cutter.take<uint16_t>(size_t{capacity} * rope);
  chunk.keys = cutter.take<uint16_t>(size_t{capacity} * expansion.heads * expansion.nope);
  chunk.values = cutter.take<uint16_t>(size_t{capacity} * expansion.heads * expansion.v_head);
  return params;
}

/// The most positions, up to `wanted`, for which the workspace has room; at least one step.
uint32_t chunk_capacity(size_t workspace_bytes, const DeviceExpansion& expansion, uint32_t rope,
                        uint32_t tokens, uint32_t wanted) {
  const size_t fixed = expanded_attention_workspace_bytes(tokens, expansion, rope, 0);
  const size_t step = expanded_attention_workspace_bytes(tokens, expansion, rope, kChunkStep) - fixed;
  const size_t steps = workspace_bytes > fixed ? (workspace_bytes - fixed) / step : 0;
  return static_cast<uint32_t>(std::clamp<size_t>(steps, 1, divide_up(wanted, kChunkStep))) * kChunkStep;
}

template <class Tile>
void flash(Stream& stream, const ExpandedParams& params) {
  stream.launch("flash_attention", flash_attention_kernel<Tile>,
                dim3(params.call.expansion.heads, divide_up(params.call.tokens, Tile::kTokens)),
                dim3(Tile::kThreads), Tile::shared_bytes(), params);
}

/// A size of keys and values that has a kernel: smaller ones are filled up with zeros.
constexpr uint32_t kMostKey = 256;
constexpr uint32_t kMostValue = 256;

void flash(Stream& stream, const ExpandedParams& params) {
  const uint32_t key = params.call.expansion.nope + params.rope;
  const uint32_t value = params.call.expansion.v_head;
  if (key <= 64 && value <= 64)
    flash<FlashTile<64, 64, 64>>(stream, params);
  else if (key <= 192 && value <= 128)  // DeepSeek-V2, V2-Lite and V3
    flash<FlashTile<192, 128, 64>>(stream, params);
  else
    flash<FlashTile<kMostKey, kMostValue, 32>>(stream, params);
}

void attend_to_chunk(Stream& stream, const ExpandedParams& params) {
  const DeviceExpansion& expansion = params.call.expansion;
  const uint32_t positions = params.chunk.end - params.chunk.begin;
  stream.launch("round_rows", round_rows_kernel, dim3(positions), dim3(kRoundThreads), 0, params);
  stream.launch("expand", expand_kernel,
                dim3(divide_up(expansion.heads * (expansion.nope + expansion.v_head), TileProduct::kRows),
                     divide_up(positions, TileProduct::kTokens)),
                dim3(TileProduct::kThreads), kExpandSharedBytes, params);
  flash(stream, params);
}

}  // namespace

bool can_attend_expanded(const DeviceExpansion& expansion, uint32_t rope) {
  const auto in_pieces = [](uint32_t size) { return size % ExpandedChunk::kPiece == 0; };
  return in_pieces(expansion.kv_lora) && in_pieces(expansion.nope) && in_pieces(rope) &&
         in_pieces(expansion.v_head) && expansion.nope + rope <= kMostKey && expansion.v_head <= kMostValue;
}

void attend_expanded(Stream& stream, Workspace workspace, const ExpandedAttention& call) {
  const uint32_t rope = rope_of(call);
  const uint32_t positions = call.first_position + call.tokens;
  const uint32_t capacity = chunk_capacity(workspace.bytes, call.expansion, rope, call.tokens, positions);
  WorkspaceCutter cutter(workspace.data);
  ExpandedParams params = cut(cutter, call.expansion, rope, call.tokens, capacity);
  params.call = call;
  for (uint32_t begin = 0; begin < positions; begin += capacity) {
    params.chunk.begin = begin;
    params.chunk.end = std::min(begin + capacity, positions);
    attend_to_chunk(stream, params);
  }
}

size_t expanded_attention_workspace_bytes(uint32_t max_tokens, const DeviceExpansion& expansion,
                                          uint32_t rope, uint32_t chunk_tokens) {
  WorkspaceCutter cutter(nullptr);
  cut(cutter, expansion, rope, max_tokens, chunk_tokens);
  return cutter.used();
}

}  // namespace kvasir::engine::cuda
