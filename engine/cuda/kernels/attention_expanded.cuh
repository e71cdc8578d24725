#pragma once

#include "engine/cuda/kernels/attention.h"

#include <cstdint>

// Expanded attention takes the context chunk by chunk: the chunk's rows become bfloat16 (round_rows), latents
// become keys and values of all heads (expand), and every token attends to those that it sees (flash), going
// on where it stopped at the chunk before.

namespace kvasir::engine::cuda {

/// One chunk of the context, in bfloat16. All sizes are multiples of kPiece.
struct ExpandedChunk {
  uint16_t* latents = nullptr;  ///< {capacity, kv_lora}
  uint16_t* rope = nullptr;     ///< {capacity, rope}
  uint16_t* keys = nullptr;     ///< {heads, capacity, nope}
  uint16_t* values = nullptr;   ///< {heads, capacity, v_head}
  uint32_t capacity = 0;
  uint32_t begin = 0;  ///< positions
  uint32_t end = 0;

  /// Values that one copy of 16 bytes brings.
  static constexpr uint32_t kPiece = 8;
};

struct ExpandedParams {
  ExpandedAttention call;
  uint32_t rope = 0;  ///< values of a row behind its latents
  ExpandedChunk chunk;
  // How far the softmax of each token and head has come; the sum that belongs to it is in `call.out`.
  float* largest = nullptr;  ///< {tokens, heads}: logits in base 2
  float* sum = nullptr;      ///< {tokens, heads, kSumParts}

  /// Lanes that share a token each sum up their own positions' weights, to the end of the context: so where
  /// chunks end changes nothing.
  static constexpr uint32_t kSumParts = 4;
};

}  // namespace kvasir::engine::cuda
