#pragma once

#include "app/settings/answer_settings.h"
#include "app/settings/thinking_settings.h"
#include "engine/runtime/sampler.h"

#include <cstdint>

namespace kvasir::app {

/// How answers are made, where nothing else is chosen for the profile's chats or the one at hand.
struct ChatSettings {
  engine::SamplingParams sampling;
  bool random_seed = true;  ///< a fresh seed for every answer instead of `sampling.seed`
  uint32_t max_tokens = 0;  ///< 0: until the model ends its answer or the context is full
  ThinkingSettings thinking;
  AnswerSettings chosen;  ///< with the request: goes before what is chosen elsewhere
};

}  // namespace kvasir::app
