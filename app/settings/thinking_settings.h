#pragma once

#include "storage/conversations/conversation_store.h"

#include <cstdint>

namespace kvasir::app {

/// How long a model that thinks before it answers does so. Others ignore it.
struct ThinkingSettings {
  bool on = true;  ///< where the model can answer without it
  /// Then the answer begins. 0: no limit but that a part of the context is left for the answer.
  uint32_t max_tokens = 4096;
};

/// What a profile keeps; the default where it keeps nothing that can be read. For the storage thread.
storage::Result<ThinkingSettings> read_thinking_settings(storage::ConversationStore& store);
storage::Result<void> keep_thinking_settings(storage::ConversationStore& store,
                                             const ThinkingSettings& settings);

}  // namespace kvasir::app
