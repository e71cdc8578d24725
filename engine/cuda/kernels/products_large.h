#pragma once

#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/kernels/ffn_slots.h"
#include "engine/cuda/kernels/products.h"

namespace kvasir::engine::cuda {

/// Rows of activations in bfloat16: {tokens, matrices, pieces} of eight values, zeros beyond the columns.
struct Bf16Rows {
  const uint4* data = nullptr;
  uint32_t pieces = 0;  ///< of a row
  uint32_t matrices = 1;
};

KVASIR_HOST_DEVICE constexpr uint32_t bf16_pieces(uint32_t cols) {
  return divide_up(cols, 8);
}

/// Makes them, in `to` {tokens · matrices · bf16_pieces(cols)}.
struct Bf16Conversion {
  uint4* to = nullptr;
  const float* in = nullptr;  ///< {tokens, matrices, cols}
  size_t in_token_stride = 0;
  size_t in_matrix_stride = 0;
  uint32_t matrices = 1;
  uint32_t cols = 0;

  Bf16Rows rows() const { return {to, bf16_pieces(cols), matrices}; }
};
void convert_to_bf16(Stream& stream, std::span<const Bf16Conversion> conversions, uint32_t tokens);

/// `multiply` in mode Large.
void multiply_large(Stream& stream, Workspace workspace, std::span<const Product> products, uint32_t tokens);

/// The same with one input that is bfloat16 already.
void multiply_bf16(Stream& stream, const Product& product, const Bf16Rows& in, uint32_t tokens);

/// out[slots[i]] = W[expert of slot] in[i] for i over the sorted slots; out {slots, weight.rows} without
/// gaps.
void multiply_slots(Stream& stream, const DeviceMatrix& weight, const Bf16Rows& in, const SortedSlots& sorted,
                    float* out);

}  // namespace kvasir::engine::cuda
