#pragma once

#include "engine/cuda/kernels/products.h"

namespace kvasir::engine::cuda {

/// `gated_ffn_add` in mode Large, and what it needs of `gated_ffn_workspace_bytes`.
void ffn_large(Stream& stream, Workspace workspace, const FfnCall& call);
size_t ffn_large_workspace_bytes(uint32_t max_tokens, uint32_t hidden, uint32_t per_token, uint32_t experts,
                                 uint32_t intermediate, uint32_t shared_intermediate);

}  // namespace kvasir::engine::cuda
