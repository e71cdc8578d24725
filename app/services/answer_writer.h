#pragma once

#include "engine/runtime/engine.h"
#include "storage/conversations/conversation_store.h"

#include <chrono>
#include <functional>
#include <string>

namespace kvasir::app {

/// Gathers an answer while it is generated: hands text on about 30 times a second, and the whole message for
/// saving twice a second, so that a killed process loses less than a second of it.
///
/// For the engine thread.
class AnswerWriter {
 public:
  using Grew = std::function<void(const std::string& added_text)>;
  using Save = std::function<void(const storage::StoredMessage&)>;

  /// `answer` may hold the beginning of an interrupted answer, which is then continued.
  AnswerWriter(storage::StoredMessage answer, const engine::Tokenizer& tokenizer, Grew grew, Save save);

  void add(const engine::TokenEvent& token);
  /// Hands on what is left. The message then holds the whole text and all ids.
  storage::StoredMessage finish();

 private:
  using Clock = std::chrono::steady_clock;

  void hand_on();

  storage::StoredMessage answer_;
  const engine::Tokenizer& tokenizer_;
  Grew grew_;
  Save save_;
  std::string waiting_text_;  // not handed on yet
  Clock::time_point handed_on_at_;
  Clock::time_point saved_at_;
};

}  // namespace kvasir::app
