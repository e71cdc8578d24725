#include "engine/chat/prompt.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kvasir::engine {
namespace {

bool is_special(const Tokenizer& tokenizer, TokenId id) {
  const auto same_text = tokenizer.find(tokenizer.bytes_of(id, true));
  return same_text && *same_text == id;
}

/// Walks over the rendered text from its start to its end, giving out ids as it goes.
///
/// Offsets are bytes of the rendered text. [0, done_) has its ids; [done_, position_) is passed over and
/// waits to be tokenised together, so that ordinary text merges across the pieces in it.
class Assembler {
 public:
  Assembler(const Tokenizer& tokenizer, std::span<const ChatMessage> messages,
            const std::vector<PromptPiece>& pieces)
      : tokenizer_(tokenizer), messages_(messages) {
    result_.per_message.resize(messages.size());
    for (const PromptPiece& piece : pieces) {
      spans_.push_back({text_.size(), text_.size() + piece.text.size(), piece.message});
      text_ += piece.text;
    }
    for (size_t i = 0; i < spans_.size(); ++i)
      if (spans_[i].message) contents_.push_back(i);
  }

  AssembledPrompt assemble() {
    for (size_t k = 0; k < contents_.size(); ++k) {
      const Span& content = spans_[contents_[k]];
      const ChatMessage& message = messages_[*content.message];
      const size_t limit = k + 1 < contents_.size() ? spans_[contents_[k + 1]].begin : text_.size();
      if (known(message.token_ids)) {
        if (const size_t end = rendered_end(message.token_ids, content, limit)) {
          use(message.token_ids, *content.message, position_, end);
          continue;
        }
        if (message.role == Role::Assistant) {
          use_answer(message.token_ids, content);
          continue;
        }
      }
      position_ = content.end;
    }
    position_ = text_.size();
    tokenize_passed();
    return std::move(result_);
  }

 private:
  struct Span {
    size_t begin, end;
    std::optional<size_t> message;
  };

  /// False for ids that this vocabulary does not have: they were made by another one.
  bool known(const std::vector<TokenId>& ids) const {
    return !ids.empty() && std::ranges::all_of(ids, [this](TokenId id) {
      return id >= 0 && static_cast<size_t>(id) < tokenizer_.vocab_size();
    });
  }

  /// Where the rendered text ends that `ids` say from here on: after the message's content, at most at
  /// `limit`, where the next one's begins. 0 where they say something else, or have a special token
  /// where the content is.
  size_t rendered_end(const std::vector<TokenId>& ids, const Span& content, size_t limit) const {
    size_t at = position_;
    for (TokenId id : ids) {
      const std::string_view bytes = tokenizer_.bytes_of(id, true);
      if (bytes.empty() || !std::string_view(text_).substr(at).starts_with(bytes)) return 0;
      const bool in_content = at < content.end && at + bytes.size() > content.begin;
      if (in_content && is_special(tokenizer_, id)) return 0;
      at += bytes.size();
    }
    return at >= content.end && at <= limit ? at : 0;
  }

  /// Sampled ids stand for the answer's content whatever it reads. An end token that was sampled is the
  /// template's; where the answer was cut short the template writes one.
  void use_answer(const std::vector<TokenId>& ids, const Span& content) {
    size_t end = content.end;
    const bool ended = tokenizer_.bytes_of(ids.back(), true) == ChatTemplate::kEndOfTurn ||
                       (tokenizer_.eos() && ids.back() == *tokenizer_.eos());
    if (ended && std::string_view(text_).substr(end).starts_with(ChatTemplate::kEndOfTurn))
      end += ChatTemplate::kEndOfTurn.size();
    use(ids, *content.message, content.begin, end);
  }

  /// `ids` stand for [begin, end) of the rendered text.
  void use(const std::vector<TokenId>& ids, size_t message, size_t begin, size_t end) {
    position_ = begin;
    tokenize_passed();
    append(ids, message);
    position_ = done_ = end;
  }

  void tokenize_passed() {
    std::vector<Tokenizer::Piece> pieces;
    while (first_span_ < spans_.size() && spans_[first_span_].end <= done_) ++first_span_;
    for (size_t i = first_span_; i < spans_.size() && spans_[i].begin < position_; ++i) {
      const size_t begin = std::max(spans_[i].begin, done_);
      const size_t end = std::min(spans_[i].end, position_);
      pieces.push_back({std::string_view(text_).substr(begin, end - begin), !spans_[i].message});
    }
    size_t at = done_;
    for (TokenId id : tokenizer_.encode(pieces)) {
      append(std::span(&id, 1), owner(at));
      at += tokenizer_.bytes_of(id, true).size();
    }
    done_ = position_;
  }

  /// The message in whose share a token belongs that begins at `offset`: the first whose content is not over
  /// there, else the last.
  std::optional<size_t> owner(size_t offset) const {
    if (contents_.empty()) return std::nullopt;
    const auto found = std::ranges::partition_point(
        contents_, [&](size_t content) { return spans_[content].end <= offset; });
    return spans_[found == contents_.end() ? contents_.back() : *found].message;
  }

  void append(std::span<const TokenId> ids, std::optional<size_t> message) {
    result_.token_ids.insert(result_.token_ids.end(), ids.begin(), ids.end());
    if (!message) return;
    auto& share = result_.per_message[*message];
    share.insert(share.end(), ids.begin(), ids.end());
  }

  const Tokenizer& tokenizer_;
  std::span<const ChatMessage> messages_;
  std::string text_;              // the whole rendering
  std::vector<Span> spans_;       // its pieces, in order
  std::vector<size_t> contents_;  // those that are messages' contents, as indices of spans_
  size_t first_span_ = 0;         // those before it are done
  size_t done_ = 0;
  size_t position_ = 0;
  AssembledPrompt result_;
};

}  // namespace

Result<AssembledPrompt> assemble_prompt(const Tokenizer& tokenizer, const ChatTemplate& chat_template,
                                        std::span<const ChatMessage> messages, bool enable_thinking) {
  const bool answered = !messages.empty() && messages.back().role == Role::Assistant;
  const auto pieces = chat_template.render(
      messages, {.add_generation_prompt = !answered, .enable_thinking = enable_thinking});
  if (!pieces) return tl::unexpected(pieces.error());
  return Assembler(tokenizer, messages, *pieces).assemble();
}

}  // namespace kvasir::engine
