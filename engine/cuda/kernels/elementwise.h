#pragma once

#include "engine/cuda/device/batch_position.h"
#include "engine/cuda/stream.h"
#include "engine/kv/kv_row.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cuda {

/// out[t] = in[t] / √(mean(in[t]²) + eps) ⊙ weight; out may be in.
struct RmsNorm {
  float* out = nullptr;  ///< {tokens, cols}
  size_t out_stride = 0;
  const float* in = nullptr;  ///< {tokens, cols}
  size_t in_stride = 0;
  const float* weight = nullptr;  ///< {cols}
  uint32_t tokens = 0;
  uint32_t cols = 0;
  float eps = 0;
};
void rms_norm(Stream& stream, const RmsNorm& call);

/// Rotates adjacent pairs (2i, 2i + 1) of each head by position · inverse[i] radians; out may be in. Angles
/// are reduced in double precision: positions go up to 10⁶.
struct Rope {
  float* out = nullptr;  ///< {tokens, heads, dim}
  size_t out_token_stride = 0;
  size_t out_head_stride = 0;
  const float* in = nullptr;  ///< {tokens, heads, dim}
  size_t in_token_stride = 0;
  size_t in_head_stride = 0;
  const double* inverse = nullptr;  ///< {dim / 2}, radians per position
  BatchPosition position;
  uint32_t tokens = 0;
  uint32_t heads = 0;
  uint32_t dim = 0;
};
void rope(Stream& stream, const Rope& call);

/// One layer's KV rows in device memory, {capacity, row_bytes}: see engine/kv/kv_row.h.
struct KvRows {
  std::byte* data = nullptr;
  KvType type = KvType::F16;
  uint32_t width = 0;  ///< values of a row: kv_lora + rope
  size_t row_bytes = 0;
};

/// Makes rows of the cache: RMS-normalises the first `kv_lora` values (where `norm_weight` is given), rotates
/// the others (where `inverse` is given) and stores the row, exactly as `encode_kv_row` would, at the token's
/// position.
struct KvAppend {
  KvRows cache;
  const float* rows = nullptr;  ///< {tokens, width}
  size_t row_stride = 0;
  const float* norm_weight = nullptr;  ///< {kv_lora} or null
  const double* inverse = nullptr;     ///< {(width − kv_lora) / 2} or null
  uint32_t kv_lora = 0;
  float eps = 0;
  BatchPosition position;
  uint32_t tokens = 0;
};
void kv_append(Stream& stream, const KvAppend& call);

/// out[i] = in[rows[i]]; rows in device memory.
struct Gather {
  float* out = nullptr;  ///< {count, cols}
  size_t out_stride = 0;
  const float* in = nullptr;
  size_t in_stride = 0;
  const uint32_t* rows = nullptr;
  uint32_t count = 0;
  uint32_t cols = 0;
};
void gather(Stream& stream, const Gather& call);

/// out[t] += in[t]
void add(Stream& stream, float* out, size_t out_stride, const float* in, size_t in_stride, uint32_t tokens,
         uint32_t cols);

}  // namespace kvasir::engine::cuda
