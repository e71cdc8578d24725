#include "engine/runtime/answer_decoder.h"

#include <algorithm>
#include <utility>

namespace kvasir::engine {
namespace {

/// More than any family writes from its marker to the prompt's end.
constexpr size_t kPromptEndTokens = 32;

ReasoningStream make_stream(const Tokenizer& tokenizer, const std::optional<ThinkingFormat>& format,
                            std::span<const TokenId> prompt) {
  if (!format) return {};
  const auto end = prompt.last(std::min(prompt.size(), kPromptEndTokens));
  return {format->open, format->close, tokenizer.decode(end, true)};
}

}  // namespace

AnswerDecoder::AnswerDecoder(const Tokenizer& tokenizer, const std::optional<ThinkingFormat>& format,
                             std::span<const TokenId> prompt)
    : tokenizer_(&tokenizer), format_(format), stream_(make_stream(tokenizer, format, prompt)) {}

TokenEvent AnswerDecoder::push(TokenId id) {
  const bool was_inside = in_reasoning();
  const bool was_undecided = stream_.undecided();
  const bool ends = tokenizer_->ends_generation(id);
  AnswerText text = stream_.push(ends ? characters_.finish() : characters_.push(bytes_of(id)));

  if (was_inside || in_reasoning()) {
    reasoning_tokens_ += undecided_tokens_ + 1;
    undecided_tokens_ = 0;
  } else if (was_undecided) {
    ++undecided_tokens_;
  }
  return {id, std::move(text.answer), std::move(text.reasoning), reasoning_tokens_};
}

std::vector<TokenId> AnswerDecoder::closing_ids() const {
  return tokenizer_->encode(stream_.closing_text());
}

std::string_view AnswerDecoder::bytes_of(TokenId id) const {
  // Control tokens are silent, but a marker that is one must be seen where it counts.
  const std::string_view bytes = tokenizer_->bytes_of(id, true);
  const bool counts = in_reasoning() || stream_.undecided();
  const bool marker = format_ && (bytes == format_->open || bytes == format_->close);
  return counts && marker ? bytes : tokenizer_->bytes_of(id);
}

}  // namespace kvasir::engine
