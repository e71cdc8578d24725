#pragma once

#include "app/services/chat_observer.h"
#include "engine/runtime/answer_decoder.h"
#include "storage/conversations/conversation_store.h"

#include <chrono>
#include <functional>

namespace kvasir::app {

/// Gathers an answer while it is generated: hands text on about 30 times a second, and the whole message for
/// saving twice a second, so that a killed process loses less than a second of it.
///
/// For the engine thread.
class AnswerWriter {
 public:
  using Grew = std::function<void(const AnswerGrowth& added)>;
  using Save = std::function<void(const storage::StoredMessage&)>;

  /// `answer` may hold the beginning of an interrupted answer, which is then continued. `decoder` stands
  /// before the answer's first id.
  AnswerWriter(storage::StoredMessage answer, engine::AnswerDecoder decoder, Grew grew, Save save);

  void add(const engine::TokenEvent& token);
  /// Hands on what is left. The message then holds both whole texts and all ids.
  storage::StoredMessage finish();

 private:
  using Clock = std::chrono::steady_clock;

  void hand_on();

  storage::StoredMessage answer_;
  engine::AnswerDecoder decoder_;
  Grew grew_;
  Save save_;
  AnswerGrowth waiting_;                    // not handed on yet
  const double earlier_reasoning_ms_;       // of the beginning that is continued
  std::optional<Clock::time_point> began_;  // when the first token came
  Clock::time_point handed_on_at_;
  Clock::time_point saved_at_;
};

}  // namespace kvasir::app
