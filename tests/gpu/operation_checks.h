#pragma once

#include "tests/gpu/operation_context.h"

namespace kvasir::engine::test {

// Each compares operations of the backend under test with the scalar backend's, on fresh random shapes.

/// embed, rms_norm, gather, top_logits, route
void check_rows(OperationContext& context);
/// rope, absorb_queries, kv_append, append_latents, attention, attention_expanded
void check_attention(OperationContext& context);
/// matmul, matmul_add, matmul_each, matmul_heads, gated_ffn_add, moe_ffn_add, each for all types of weights,
/// in one of the ways to compute products
void check_exact_products(OperationContext& context);
void check_fast_products(OperationContext& context);
void check_large_products(OperationContext& context);

}  // namespace kvasir::engine::test
