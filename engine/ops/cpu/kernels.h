#pragma once

#include "engine/gguf/dtype.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cpu {

// The innermost loops, compiled once per instruction set. What stands here has no inline member functions and
// the kernels use no library templates: a function that several translation units emit is kept by the linker
// from any one of them, and one compiled for AVX-512 must not end up in the generic path.
//
// Order of float operations. A dot product keeps one vector of partial sums, lane i summing elements i,
// i + lanes, i + 2·lanes, …, by fused multiply-add (multiply, then add, in the generic kernels), and adds the
// lanes pairwise at the end. Tiles of several rows and tokens are many such sums side by side, and weights
// become float32 exactly, so how the work is cut into tiles, batches and threads changes no bit.

/// Rows of weights that become float32 together when there are tokens enough to share them.
constexpr uint32_t kTileRows = 16;
/// Positions per step of the online softmax. Changing it changes the rounding of attention.
constexpr uint32_t kChunkPositions = 64;

/// out[t][r] (+)= row r of W · in[t]
struct Gemm {
  DType dtype;               ///< one that `can_dequantize` allows
  const std::byte* weights;  ///< {rows, cols}, at any alignment
  size_t row_stride_bytes;   ///< from row to row
  uint32_t cols;             ///< a multiple of the type's block
  uint32_t tokens;           ///< at least 1
  const float* const* in;    ///< {tokens} pointers to {cols}
  float* const* out;         ///< {tokens} pointers to {rows}
  bool accumulate;           ///< add to out instead of overwriting it
};

/// A few queries against up to kChunkPositions rows of the latent cache.
struct AttentionChunk {
  DType dtype;              ///< F32 or F16
  const std::byte* rows;    ///< {positions, width}
  size_t row_stride_bytes;  ///< from position to position
  uint32_t width;           ///< kv_lora_rank + qk_rope_head_dim
  uint32_t value_width;     ///< kv_lora_rank: the leading part of a row that is summed
  float softmax_scale;
  uint32_t queries;
  const float* const* query;  ///< {queries} pointers to {width}
  const uint32_t* visible;    ///< {queries}: how many of the rows each may see, rising
  float* const* score;        ///< {queries} pointers to scratch {kChunkPositions}
  float* tile;                ///< scratch {kChunkPositions, width}
  float* largest;             ///< out {queries}: the largest logit
  float* total;               ///< out {queries}: Σ exp(logit − largest)
  float* sums;                ///< out {queries, value_width}: Σ exp(logit − largest) · row
};

struct Kernels {
  /// Rows [first_row, end_row); `tile` is scratch {kTileRows, cols}. Types without vector code of their own
  /// are slow here: what they are for is comparing.
  void (*gemm)(const Gemm& gemm, uint32_t first_row, uint32_t end_row, float* tile);
  void (*dequantize)(DType dtype, const std::byte* row, uint32_t cols, float* out);
  /// out = in / √(mean(in²) + eps) ⊙ weight
  void (*rms_norm)(float* out, const float* in, const float* weight, uint32_t cols, float eps);
  /// gate = silu(gate) ⊙ up
  void (*silu_mul)(float* gate, const float* up, uint32_t count);
  /// out += scale · in
  void (*add_scaled)(float* out, const float* in, float scale, uint32_t count);
  /// Rounded to nearest, ties to even; `out` {count} halves at any alignment.
  void (*store_f16)(std::byte* out, const float* in, uint32_t count);
  /// Queries that see nothing are left alone.
  void (*attention_chunk)(const AttentionChunk& chunk);
  /// Joins a chunk's result to that of the chunks before it: {1}, {1}, {count}.
  void (*attention_merge)(float* largest, float* total, float* sums, float chunk_largest, float chunk_total,
                          const float* chunk_sums, uint32_t count);
};

extern const Kernels kGenericKernels;
#ifdef KVASIR_X86_KERNELS
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

}  // namespace kvasir::engine::cpu
