#include "app/services/answer_writer.h"

#include <utility>

namespace kvasir::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kHandOnInterval = 33ms;
constexpr auto kSaveInterval = 500ms;

}  // namespace

AnswerWriter::AnswerWriter(storage::StoredMessage answer, const engine::Tokenizer& tokenizer, Grew grew,
                           Save save)
    : answer_(std::move(answer)),
      tokenizer_(tokenizer),
      grew_(std::move(grew)),
      save_(std::move(save)),
      saved_at_(Clock::now()) {}

void AnswerWriter::add(const engine::TokenEvent& token) {
  answer_.token_ids.push_back(token.id);
  answer_.text += token.text;
  waiting_text_ += token.text;
  const auto now = Clock::now();
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
  hand_on();
  // From all ids at once: a continued answer may have been cut in the middle of a character.
  engine::Utf8Stream whole;
  answer_.text.clear();
  for (const engine::TokenId id : answer_.token_ids) answer_.text += whole.push(tokenizer_.bytes_of(id));
  return answer_;
}

void AnswerWriter::hand_on() {
  if (waiting_text_.empty()) return;
  grew_(waiting_text_);
  waiting_text_.clear();
}

}  // namespace kvasir::app
