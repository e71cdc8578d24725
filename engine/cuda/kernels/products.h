#pragma once

#include "engine/cuda/device_matrix.h"
#include "engine/cuda/kernels/workspace.h"
#include "engine/cuda/stream.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace kvasir::engine::cuda {

/// How products with weights are computed.
enum class ProductMode {
  Exact,  ///< weights become float32 and meet float32 activations
  Small,  ///< activations become 8-bit codes, 32 to a scale; float weights as in Exact
  Large,  ///< both become bfloat16 for the tensor cores; needs compute capability 8.0
};

/// out[t, m] = W[m] in[t, m] for matrix m of a weight, or += . Strides in floats.
struct Product {
  DeviceMatrix weight;
  const float* in = nullptr;  ///< {tokens, matrices, weight.cols}
  size_t in_token_stride = 0;
  size_t in_matrix_stride = 0;
  float* out = nullptr;  ///< {tokens, matrices, weight.rows}
  size_t out_token_stride = 0;
  size_t out_matrix_stride = 0;
  bool accumulate = false;
};

/// Products that one call may hold.
constexpr size_t kMaxProducts = 3;

/// Computes independent products for the same number of tokens. In each mode a value is computed by the same
/// sequence of float operations however many tokens and products a call has.
void multiply(Stream& stream, Workspace workspace, std::span<const Product> products, uint32_t tokens,
              ProductMode mode);
/// Bytes of workspace that `multiply` needs for `max_tokens` tokens and inputs of up to `max_in` values (all
/// matrices of a product together, summed over a call's products, each matrix's in whole multiples of eight).
size_t multiply_workspace_bytes(uint32_t max_tokens, uint64_t max_in);

/// Gated feed-forward networks, one for each matrix of the weights.
struct FfnWeights {
  DeviceMatrix gate;  ///< {hidden, intermediate, experts}
  DeviceMatrix up;    ///< {hidden, intermediate, experts}
  DeviceMatrix down;  ///< {intermediate, hidden, experts}
};

/// {tokens, per_token} each, in device memory.
struct DeviceRouting {
  const int32_t* experts = nullptr;
  const float* weights = nullptr;
  uint32_t per_token = 0;
};

/// out[t] += Σₖ weightₖ · downₑ (silu(gateₑ in[t]) ⊙ upₑ in[t]) over the token's experts e = experts[k], in
/// their order, and then the same with weight 1 of the shared (or dense) network.
struct FfnCall {
  const FfnWeights* experts = nullptr;  ///< null: none
  DeviceRouting routing;
  const FfnWeights* shared = nullptr;  ///< null: none; matrices == 1
  const float* in = nullptr;           ///< {tokens, hidden}
  size_t in_stride = 0;
  float* out = nullptr;  ///< {tokens, hidden}
  size_t out_stride = 0;
  uint32_t tokens = 0;
};

/// In each mode a value is computed by the same sequence of float operations however many tokens there are.
void gated_ffn_add(Stream& stream, Workspace workspace, const FfnCall& call, ProductMode mode);
/// `intermediate` and `shared_intermediate`: the widths of the routed and the shared (or dense) networks, 0
/// where there are none.
size_t gated_ffn_workspace_bytes(uint32_t max_tokens, uint32_t hidden, uint32_t per_token, uint32_t experts,
                                 uint32_t intermediate, uint32_t shared_intermediate);

/// out[t] = table[ids[t]]; ids in device memory, each below table.rows.
void embed(Stream& stream, float* out, size_t out_stride, const DeviceMatrix& table, const int32_t* ids,
           uint32_t tokens);

}  // namespace kvasir::engine::cuda
