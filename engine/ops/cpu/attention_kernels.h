#pragma once

#include "engine/kv/kv_row.h"
#include "engine/ops/cpu/read_soon.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cpu {

// Attention over latent rows in F16 or Q8_0 as blocks of small matrix products, compiled once per instruction
// set from `attention_tiles.h` or `attention_words_tiles.h` and what stands on them. The rules of `kernels.h`
// about inline functions hold here too.
//
// Rounding. Rows, queries and softmax weights become what the instruction set multiplies: float32, bfloat16
// (AVX512_BF16), bytes (VNNI) or codes of twelve bits (AVX2); what each tile of rows adds is summed in
// float32. What a query gets depends on its own position and the rows before it only: tiles of rows lie at
// multiples of kTilePositions and are added one after another, and rows that it may not see have a weight of
// exactly 0. So neither the batch nor the number of threads changes a bit.

/// Queries that share a pass over the rows: pairs of a token and a head.
constexpr uint32_t kMaxQueries = 64;
/// Sums have room for queries up to a multiple of this.
constexpr uint32_t kQueryRows = 4;
/// What kernels for 8-bit rows want the number of summed values to be a multiple of, and how wide rows may
/// be.
constexpr uint32_t kQ8ValueUnit = 64;
constexpr uint32_t kQ8MaxWidth = 1024;
/// Positions per step of the online softmax.
constexpr uint32_t kTilePositions = 64;
/// Buffers that kernels are given begin at multiples of this.
constexpr size_t kBufferAlignment = 64;

/// Consecutive rows of one layer of the cache.
struct LatentRows {
  KvType type;
  const std::byte* first;
  size_t stride_bytes;
  size_t scales_offset;  ///< Q8_0: of the scales in a row
  uint32_t count;
};

/// Absorbed attention of some queries over some rows: see Backend::attention.
struct LatentAttention {
  LatentRows rows;
  uint32_t width;        ///< kv_lora_rank + qk_rope_head_dim
  uint32_t value_width;  ///< kv_lora_rank: the leading part of a row that is summed
  float softmax_scale;
  uint32_t queries;         ///< at most kMaxQueries
  const std::byte* packed;  ///< the queries as `pack_queries` left them
  const uint32_t* visible;  ///< {queries}: how many of the rows each may see
  std::byte* scratch;       ///< {LatentKernels::scratch_bytes}
  /// What comes from memory meanwhile, for attention computes more than it reads; what has been asked for is
  /// taken off.
  ReadSoon* soon;  ///< {soon_count}
  uint32_t soon_count;
  float* largest;  ///< out {queries}: the largest logit
  float* total;    ///< out {queries}: Σ exp(logit − largest)
  float* sums;  ///< out {queries rounded up to kQueryRows, padded(value_width)}: Σ exp(logit − largest) · row
};

/// Expanded attention of one head: see Backend::attention_expanded. Query i stands at first_position + i.
struct ExpandedAttention {
  LatentRows rows;  ///< from position 0 to the last query's own
  uint32_t kv_lora;
  uint32_t nope;
  uint32_t rope;
  uint32_t v_head;
  float softmax_scale;
  const std::byte* expansion;  ///< the head's up-projections as `pack_expansion` left them
  uint32_t first_position;
  uint32_t queries;
  const float* query;  ///< {queries, nope + rope}
  size_t query_stride;
  float* out;  ///< {queries, v_head}
  size_t out_stride;
  std::byte* scratch;  ///< {ExpandedKernels::scratch_bytes}
};

struct LatentKernels {
  /// A width in `sums`: rounded up to whole panels.
  uint32_t (*padded)(uint32_t value_width);
  size_t (*packed_queries_bytes)(uint32_t queries, uint32_t width);
  /// Brings `queries` pointers to {width} into the order of the products.
  void (*pack_queries)(std::byte* out, const float* const* query, uint32_t queries, uint32_t width);
  size_t (*scratch_bytes)(uint32_t queries, uint32_t width, uint32_t value_width);
  void (*attend)(const LatentAttention& attention);
};

struct ExpandedKernels {
  size_t (*expansion_bytes)(uint32_t kv_lora, uint32_t nope, uint32_t v_head);
  /// One head's up-projections: keys {kv_lora, nope} row by row of latents, values {v_head, kv_lora}.
  void (*pack_expansion)(std::byte* out, const float* keys, const float* values, uint32_t kv_lora,
                         uint32_t nope, uint32_t v_head);
  size_t (*scratch_bytes)(const ExpandedAttention& attention);
  void (*attend)(const ExpandedAttention& attention);
};

struct AttentionKernels {
  const LatentKernels* latent;
  /// For Q8_0 rows within kQ8ValueUnit and kQ8MaxWidth; null: `latent`.
  const LatentKernels* latent_q8;
  const ExpandedKernels* expanded;
};

#ifdef KVASIR_X86_KERNELS
extern const LatentKernels kVnniLatent;
extern const AttentionKernels kAvx2Attention;
extern const AttentionKernels kAvxVnniAttention;
extern const AttentionKernels kAvx512Attention;
extern const AttentionKernels kBf16Attention;
#endif

}  // namespace kvasir::engine::cpu
