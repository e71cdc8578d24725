#pragma once

#include "engine/runtime/sampler.h"

#include <cstdint>

namespace kvasir::app {

/// How answers are made, where nothing else is asked for.
struct ChatSettings {
  engine::SamplingParams sampling;
  bool random_seed = true;  ///< a fresh seed for every answer instead of `sampling.seed`
  uint32_t max_tokens = 0;  ///< 0: until the model ends its answer or the context is full
  bool thinking = true;     ///< of models that think before they answer and can leave it; others ignore it
  /// Then the answer begins. 0: no limit but that a part of the context is left for the answer.
  uint32_t max_reasoning_tokens = 4096;
};

}  // namespace kvasir::app
