#pragma once

#include "engine/cuda/kernels/workspace.h"
#include "engine/cuda/stream.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cuda {

/// The most candidates that can be asked for.
constexpr uint32_t kMaxTopLogits = 1024;

/// One of the likeliest tokens.
struct TopLogit {
  int32_t id = 0;
  float logit = 0;
};

/// Writes the `count` largest of `vocab` logits to `top`, in any order; of equal ones those with the smaller
/// ids; NaN counts as smaller than every number. `count` is at most kMaxTopLogits and at most `vocab`.
struct TopLogits {
  TopLogit* top = nullptr;        ///< {count}
  const float* logits = nullptr;  ///< {vocab}
  uint32_t vocab = 0;
  uint32_t count = 0;
};
void top_logits(Stream& stream, Workspace workspace, const TopLogits& call);
size_t top_logits_workspace_bytes(uint32_t vocab);

}  // namespace kvasir::engine::cuda
