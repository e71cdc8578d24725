#pragma once

// Attention in products of 16-bit integers, both ways, compiled for AVX2 with and without AVX-VNNI.

#include "engine/ops/cpu/attention_words_expanded.h"
#include "engine/ops/cpu/attention_words_latent.h"

namespace kvasir::engine::cpu {
namespace {

constexpr AttentionKernels words_attention(const char* name) {
  return {.name = name,
          .latent = &kLatent,
          .latent_q8 = nullptr,
          .expansion_bytes = expansion_bytes,
          .pack_expansion = pack_expansion,
          .expanded_scratch_bytes = expanded_scratch_bytes,
          .attend_expanded = attend_expanded};
}

}  // namespace
}  // namespace kvasir::engine::cpu
