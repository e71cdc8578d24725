#pragma once

#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/host_device.h"
#include "engine/cuda/kernels/attention.h"

#include <cstdint>

// Absorbed attention for few tokens is split over the context (as in flash decoding): blocks attend to chunks
// of it and leave a partial result each, which one more kernel combines.

namespace kvasir::engine::cuda {

/// The cut of one token's context. A function of the token's position, so that its value does not depend on
/// what else is in a call.
struct ContextChunks {
  uint32_t count = 0;
  uint32_t length = 0;  ///< positions; the last chunk may have fewer

  /// A chunk pays for its kernel's beginning and end and for a partial result.
  static constexpr uint32_t kLeastLength = 64;
  /// Lengths are multiples of every kernel's tile.
  static constexpr uint32_t kLengthStep = 32;

  /// Of `positions` > 0 positions into at most `most` chunks.
  KVASIR_HOST_DEVICE static ContextChunks cut(uint32_t positions, uint32_t most) {
    const uint32_t wanted = divide_up(positions, kLeastLength);
    const uint32_t count = wanted < most ? wanted : most;
    const uint32_t least = divide_up(positions, count);
    const uint32_t length = divide_up(least, kLengthStep) * kLengthStep;
    return {divide_up(positions, length), length};
  }
};

/// What blocks leave of their chunks: for each token, chunk and head the largest logit (in base 2), the sum
/// of the weights 2^(logit − largest), up to a factor that is the same for all, and the weighted mean.
template <class Value>
struct LatentPartials {
  float* largest = nullptr;  ///< {tokens, most_chunks, heads}
  float* sum = nullptr;      ///< {tokens, most_chunks, heads}
  Value* mean = nullptr;     ///< {tokens, most_chunks, heads, mean_stride}
  uint32_t most_chunks = 0;
  uint32_t mean_stride = 0;  ///< kv_lora, up to a multiple of kMeanStep

  /// Means are read so many at a time.
  static constexpr uint32_t kMeanStep = 8;

  KVASIR_HOST_DEVICE size_t at(uint32_t token, uint32_t chunk, uint32_t heads, uint32_t head) const {
    return (size_t{token} * most_chunks + chunk) * heads + head;
  }
};

template <class Value>
struct LatentParams {
  LatentAttention call;
  LatentPartials<Value> partials;
};

/// The combining kernel has a thread for each chunk.
inline constexpr uint32_t kMostChunks = 256;

/// So many chunks that one token fills the device, whose context is attended to by `blocks_of_heads` blocks
/// at a time.
inline uint32_t most_chunks(const DeviceLimits& limits, uint32_t blocks_of_heads) {
  const uint32_t chunks = limits.multiprocessors / blocks_of_heads;
  return chunks < 1 ? 1 : chunks < kMostChunks ? chunks : kMostChunks;
}

}  // namespace kvasir::engine::cuda
