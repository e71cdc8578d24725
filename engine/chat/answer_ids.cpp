#include "engine/chat/answer_ids.h"

#include "engine/chat/jinja/unicode.h"

#include <algorithm>
#include <string>
#include <vector>

namespace kvasir::engine {
namespace {

using jinja::skip_space;
using jinja::skip_space_back;

std::string_view trimmed(std::string_view text) {
  const size_t begin = skip_space(text);
  return text.substr(begin, std::max(skip_space_back(text), begin) - begin);
}

/// Whether two texts are the same but for white space.
bool same_words(std::string_view a, std::string_view b) {
  size_t i = skip_space(a);
  size_t k = skip_space(b);
  while (i < a.size() && k < b.size()) {
    if (a[i] != b[k]) return false;
    i = skip_space(a, i + 1);
    k = skip_space(b, k + 1);
  }
  return i == a.size() && k == b.size();
}

/// An answer's ids but the token that ends it, with what they say.
class Sampled {
 public:
  Sampled(const Tokenizer& tokenizer, std::span<const TokenId> ids) : ids_(ids) {
    for (const TokenId id : ids) {
      starts_.push_back(text_.size());
      text_ += tokenizer.bytes_of(id, true);
    }
    starts_.push_back(text_.size());
  }

  std::string_view text() const { return text_; }
  AnswerIds all(size_t begin, size_t end) const { return {ids_, begin, end}; }
  /// The ids whose bytes lie wholly in [from, to) of the text, which stands at `at` in the rendering.
  AnswerIds inside(size_t from, size_t to, size_t at) const {
    const auto first = std::ranges::lower_bound(starts_, from) - starts_.begin();
    const auto last = std::ranges::upper_bound(starts_, to) - starts_.begin() - 1;
    if (last <= first) return {{}, at, at};
    const auto begin = static_cast<size_t>(first);
    const auto end = static_cast<size_t>(last);
    return {ids_.subspan(begin, end - begin), at + starts_[begin] - from, at + starts_[end] - from};
  }
  /// The ids that begin at or after `from`.
  std::span<const TokenId> after(size_t from) const {
    const auto first = std::ranges::lower_bound(starts_, from) - starts_.begin();
    return ids_.subspan(std::min(static_cast<size_t>(first), ids_.size()));
  }

 private:
  const std::span<const TokenId> ids_;
  std::string text_;
  std::vector<size_t> starts_;  // of each id's bytes, and their end
};

/// Where the rendering says all of it, the latest place first.
std::optional<size_t> exact_place(std::string_view said, const RenderedAnswer& rendered) {
  for (size_t at = rendered.begin + 1; at-- > rendered.window;) {
    const size_t end = at + said.size();
    if (end >= rendered.end && end <= rendered.limit && rendered.text.substr(at).starts_with(said)) return at;
  }
  return std::nullopt;
}

/// Whether the template wrote the answer's content, perhaps trimmed.
bool is_content(std::string_view written, const std::string& content) {
  return written == content || written == trimmed(content);
}

/// The ids of what follows the thinking, which ends at `thinking_end` of what was sampled.
std::optional<AnswerIds> ids_after_thinking(const Sampled& sampled, const ChatMessage& message,
                                            const RenderedAnswer& rendered, size_t thinking_end) {
  const std::string_view written = rendered.text.substr(rendered.begin, rendered.end - rendered.begin);
  const size_t found = sampled.text().rfind(written);
  const bool is_kept = found != std::string_view::npos && found >= thinking_end &&
                       trimmed(sampled.text().substr(found + written.size())).empty();
  if (is_kept) return sampled.inside(found, found + written.size(), rendered.begin);
  if (!is_content(written, message.content)) return std::nullopt;
  return AnswerIds{sampled.after(thinking_end), rendered.begin, rendered.end};
}

}  // namespace

std::optional<AnswerIds> find_answer_ids(const Tokenizer& tokenizer, const ChatMessage& message,
                                         const RenderedAnswer& rendered,
                                         const std::optional<ThinkingFormat>& thinking) {
  std::span<const TokenId> ids = message.token_ids;
  if (tokenizer.ends_generation(ids.back())) ids = ids.first(ids.size() - 1);
  const Sampled sampled(tokenizer, ids);
  if (const auto at = exact_place(sampled.text(), rendered))
    return sampled.all(*at, *at + sampled.text().size());

  const size_t close = thinking ? sampled.text().find(thinking->close) : std::string_view::npos;
  if (rendered.has_reasoning) {
    for (size_t at = rendered.begin + 1; at-- > rendered.window;)
      if (same_words(sampled.text(), rendered.text.substr(at, rendered.end - at)))
        return sampled.all(at, rendered.end);
    return std::nullopt;
  }
  if (close != std::string_view::npos)
    return ids_after_thinking(sampled, message, rendered, close + thinking->close.size());
  if (message.reasoning) return std::nullopt;  // it was stopped while it thought
  const std::string_view written = rendered.text.substr(rendered.begin, rendered.end - rendered.begin);
  if (is_content(written, message.content)) return sampled.all(rendered.begin, rendered.end);
  return std::nullopt;
}

}  // namespace kvasir::engine
