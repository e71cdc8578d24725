#include "app/services/answer_writer.h"

#include <utility>

namespace kvasir::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kHandOnInterval = 33ms;
constexpr auto kSaveInterval = 500ms;

/// What `whole` has behind `known`; nothing where it goes on differently.
std::string rest_of(const std::string& whole, const std::string& known) {
  return whole.starts_with(known) ? whole.substr(known.size()) : std::string();
}

}  // namespace

AnswerWriter::AnswerWriter(storage::StoredMessage answer, engine::AnswerDecoder decoder, Grew grew, Save save)
    : answer_(std::move(answer)),
      decoder_(std::move(decoder)),
      grew_(std::move(grew)),
      save_(std::move(save)),
      earlier_reasoning_ms_(answer_.reasoning_ms),
      saved_at_(Clock::now()) {}

void AnswerWriter::add(const engine::TokenEvent& token) {
  const auto now = Clock::now();
  if (!began_) began_ = now;
  if (token.reasoning_tokens != answer_.reasoning_tokens) {
    answer_.reasoning_tokens = token.reasoning_tokens;
    answer_.reasoning_ms =
        earlier_reasoning_ms_ + std::chrono::duration<double, std::milli>(now - *began_).count();
  }
  answer_.token_ids.push_back(token.id);
  answer_.text += token.text;
  answer_.reasoning += token.reasoning;
  waiting_.text += token.text;
  waiting_.reasoning += token.reasoning;
  if (now - handed_on_at_ >= kHandOnInterval) {
    handed_on_at_ = now;
    hand_on();
  }
  if (now - saved_at_ >= kSaveInterval) {
    saved_at_ = now;
    save_(answer_);
  }
}

storage::StoredMessage AnswerWriter::finish() {
  // From all ids at once: a continued answer may have been cut in the middle of a character, and the end of
  // the text may still be held back.
  engine::AnswerText whole;
  const auto add = [&](const std::string& text, const std::string& reasoning) {
    whole.answer += text;
    whole.reasoning += reasoning;
  };
  for (const engine::TokenId id : answer_.token_ids) {
    const engine::TokenEvent token = decoder_.push(id);
    add(token.text, token.reasoning);
  }
  const engine::AnswerText held_back = decoder_.finish();
  add(held_back.answer, held_back.reasoning);

  waiting_.text += rest_of(whole.answer, answer_.text);
  waiting_.reasoning += rest_of(whole.reasoning, answer_.reasoning);
  hand_on();
  answer_.text = std::move(whole.answer);
  if (decoder_.reasoning_tokens() > 0) answer_.reasoning = std::move(whole.reasoning);
  return answer_;
}

void AnswerWriter::hand_on() {
  const bool thinks_on = answer_.reasoning_tokens != waiting_.reasoning_tokens;
  if (waiting_.text.empty() && waiting_.reasoning.empty() && !thinks_on) return;
  waiting_.reasoning_tokens = answer_.reasoning_tokens;
  waiting_.reasoning_ms = answer_.reasoning_ms;
  grew_(waiting_);
  waiting_.text.clear();
  waiting_.reasoning.clear();
}

}  // namespace kvasir::app
