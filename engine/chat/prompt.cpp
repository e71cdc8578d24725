#include "engine/chat/prompt.h"

#include "engine/chat/answer_ids.h"

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
            const std::vector<PromptPiece>& pieces, const std::optional<ThinkingFormat>& thinking)
      : tokenizer_(tokenizer), messages_(messages), thinking_(thinking) {
    result_.per_message.resize(messages.size());
    for (const PromptPiece& piece : pieces) add(piece);
  }

  AssembledPrompt assemble() {
    for (size_t k = 0; k < regions_.size(); ++k) {
      const Region& region = regions_[k];
      const ChatMessage& message = messages_[region.message];
      const size_t limit = k + 1 < regions_.size() ? regions_[k + 1].begin : text_.size();
      if (known(message.token_ids)) {
        if (const size_t end = rendered_end(message.token_ids, region, limit)) {
          use(message.token_ids, region.message, position_, end);
          continue;
        }
        if (message.role == Role::Assistant && use_answer(region, limit)) continue;
      }
      position_ = region.end;
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
  /// All that stands of one message, with what the template wrote between.
  struct Region {
    size_t message;
    size_t begin, end;
    bool has_reasoning;
  };

  void add(const PromptPiece& piece) {
    const size_t begin = text_.size();
    text_ += piece.text;
    spans_.push_back({begin, text_.size(), piece.message});
    if (!piece.message) return;
    if (regions_.empty() || regions_.back().message != *piece.message)
      regions_.push_back({*piece.message, begin, begin, false});
    regions_.back().end = text_.size();
    regions_.back().has_reasoning |= piece.part == PromptPiece::Part::Reasoning;
  }

  /// False for ids that this vocabulary does not have: they were made by another one.
  bool known(const std::vector<TokenId>& ids) const {
    return !ids.empty() && std::ranges::all_of(ids, [this](TokenId id) {
      return id >= 0 && static_cast<size_t>(id) < tokenizer_.vocab_size();
    });
  }

  /// Where the rendered text ends that `ids` say from here on: after the message, at most at `limit`, where
  /// the next one begins. 0 where they say something else, or have a special token where the message is.
  size_t rendered_end(const std::vector<TokenId>& ids, const Region& region, size_t limit) const {
    size_t at = position_;
    for (TokenId id : ids) {
      const std::string_view bytes = tokenizer_.bytes_of(id, true);
      if (bytes.empty() || !std::string_view(text_).substr(at).starts_with(bytes)) return 0;
      const bool in_message = at < region.end && at + bytes.size() > region.begin;
      if (in_message && is_special(tokenizer_, id)) return 0;
      at += bytes.size();
    }
    return at >= region.end && at <= limit ? at : 0;
  }

  /// Sampled ids stand for the answer as the template writes it. An end token that was sampled is used where
  /// the template writes it too; where the answer was cut short the template writes one.
  bool use_answer(const Region& region, size_t limit) {
    const ChatMessage& message = messages_[region.message];
    const RenderedAnswer rendered{text_, position_, region.begin, region.end, limit, region.has_reasoning};
    const auto found = find_answer_ids(tokenizer_, message, rendered, thinking_);
    if (!found) return false;
    use(found->ids, region.message, found->begin, found->end);
    const std::string_view last = tokenizer_.bytes_of(message.token_ids.back(), true);
    const bool is_end = tokenizer_.ends_generation(message.token_ids.back());
    if (is_end && found->end >= region.end && found->end + last.size() <= limit &&
        std::string_view(text_).substr(found->end).starts_with(last))
      use(std::span(message.token_ids).last(1), region.message, found->end, found->end + last.size());
    position_ = std::max(position_, region.end);
    return true;
  }

  /// `ids` stand for [begin, end) of the rendered text.
  void use(std::span<const TokenId> ids, size_t message, size_t begin, size_t end) {
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

  /// The message in whose share a token belongs that begins at `offset`: the first that is not over there,
  /// else the last.
  std::optional<size_t> owner(size_t offset) const {
    if (regions_.empty()) return std::nullopt;
    const auto found = std::ranges::upper_bound(regions_, offset, {}, &Region::end);
    return found == regions_.end() ? regions_.back().message : found->message;
  }

  void append(std::span<const TokenId> ids, std::optional<size_t> message) {
    result_.token_ids.insert(result_.token_ids.end(), ids.begin(), ids.end());
    if (!message) return;
    auto& share = result_.per_message[*message];
    share.insert(share.end(), ids.begin(), ids.end());
  }

  const Tokenizer& tokenizer_;
  std::span<const ChatMessage> messages_;
  const std::optional<ThinkingFormat>& thinking_;
  std::string text_;             // the whole rendering
  std::vector<Span> spans_;      // its pieces, in order
  std::vector<Region> regions_;  // the messages in it, in order
  size_t first_span_ = 0;        // those before it are done
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
  return Assembler(tokenizer, messages, *pieces, chat_template.thinking(enable_thinking)).assemble();
}

}  // namespace kvasir::engine
