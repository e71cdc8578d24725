#pragma once

#include "engine/cuda/device/batch_position.h"
#include "engine/cuda/kernels/elementwise.h"
#include "engine/cuda/kernels/workspace.h"
#include "engine/cuda/stream.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cuda {

/// Absorbed multi-head latent attention (arXiv:2405.04434, section 2.1): each head's query {width} against
/// all rows up to and including the token's own position; out is the softmax-weighted sum of the rows' first
/// `kv_lora` values. F16 and Q8_0 rows of 512 + 64 values, which DeepSeek's models have, are computed with on
/// tensor cores in halves, with float32 sums (a Q8_0 value beyond the largest half, 65504, is infinite then);
/// F32 rows and other shapes in float32.
///
/// The context is cut into chunks that depend on a token's position and on the device alone, so that a value
/// is computed by the same sequence of float operations whatever else is in the call.
struct LatentAttention {
  float* out = nullptr;  ///< {tokens, heads, kv_lora}
  size_t out_token_stride = 0;
  size_t out_head_stride = 0;
  const float* query = nullptr;  ///< {tokens, heads, width}
  size_t query_token_stride = 0;
  size_t query_head_stride = 0;
  KvRows rows;
  BatchPosition position;
  uint32_t tokens = 0;
  uint32_t heads = 0;
  uint32_t kv_lora = 0;
  float softmax_scale = 0;
};
void attend_latent(Stream& stream, Workspace workspace, const LatentAttention& call);
size_t latent_attention_workspace_bytes(const DeviceLimits& limits, uint32_t max_tokens, uint32_t heads,
                                        uint32_t kv_lora);

/// The up-projections of one layer's keys and values for expanded attention: bfloat16 rows of kv_lora values,
/// for one head after another first its `nope` rows of keys, then its `v_head` rows of values (the order of
/// DeepSeek-V2's `kv_b_proj`).
struct DeviceExpansion {
  const std::byte* data = nullptr;  ///< {heads · (nope + v_head), kv_lora}
  uint32_t heads = 0;
  uint32_t nope = 0;
  uint32_t kv_lora = 0;
  uint32_t v_head = 0;

  size_t bytes() const { return size_t{heads} * (nope + v_head) * kv_lora * 2; }
};

/// The same attention with keys and values expanded, for large batches, in bfloat16 on tensor cores with
/// float32 sums (flash attention, arXiv:2307.08691). The context is expanded chunk by chunk into the
/// workspace, whose size bounds the chunks; the softmax runs on over the chunks, and where they end changes
/// no bit.
struct ExpandedAttention {
  float* out = nullptr;  ///< {tokens, heads, v_head}
  size_t out_token_stride = 0;
  size_t out_head_stride = 0;
  const float* query = nullptr;  ///< {tokens, heads, nope + rope}
  size_t query_token_stride = 0;
  size_t query_head_stride = 0;
  DeviceExpansion expansion;
  KvRows rows;  ///< F16 or Q8_0
  BatchPosition position;
  uint32_t first_position = 0;  ///< what position.of(0) is: large batches are never recorded
  uint32_t tokens = 0;
  float softmax_scale = 0;
};
/// Needs compute capability 8.0, and sizes that `can_attend_expanded`.
void attend_expanded(Stream& stream, Workspace workspace, const ExpandedAttention& call);
/// Whether there are kernels for these sizes, with rows of kv_lora + `rope` values: all are multiples of 8,
/// keys of nope + rope values and values of v_head have up to 256.
bool can_attend_expanded(const DeviceExpansion& expansion, uint32_t rope);
/// Bytes with which `attend_expanded` runs well; it needs at least what one chunk of the least size takes,
/// which is what this returns for `chunk_tokens` = kLeastChunkTokens.
size_t expanded_attention_workspace_bytes(uint32_t max_tokens, const DeviceExpansion& expansion,
                                          uint32_t rope, uint32_t chunk_tokens);
constexpr uint32_t kLeastChunkTokens = 512;

}  // namespace kvasir::engine::cuda
