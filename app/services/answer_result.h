#pragma once

#include "engine/runtime/engine.h"
#include "storage/conversations/conversation_store.h"

#include <chrono>
#include <cstdint>

namespace kvasir::app {

// What the engine says of an answer, as it is stored and logged.

/// An answer of which there is nothing yet.
storage::StoredMessage empty_answer(int64_t conversation_id);

storage::MessageStatus to_status(engine::FinishReason reason);
storage::MessageUsage to_stored(const engine::GenerateResult& result);

/// What computing the tokens that came from the disk would have taken at the speed of this prompt's others,
/// less what reading them took; 0 where none were computed that tell the speed.
std::chrono::milliseconds time_saved(const engine::GenerateResult& result);

/// How it went, not what was said.
void log_answer(const storage::StoredMessage& answer);

}  // namespace kvasir::app
