#include "storage/conversations/search_query.h"

#include "storage/base/try.h"

#include <algorithm>
#include <utility>

namespace kvasir::storage {
namespace {

constexpr size_t kMaxAskedBytes = 512;
constexpr size_t kMaxTextBytes = size_t{1} << 20;
/// Of an excerpt, before and after where the first word begins.
constexpr size_t kBytesBefore = 40;
constexpr size_t kBytesAfter = 140;
constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kIdeographicSpace = "\u3000";

bool is_space(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Where a character begins, at or before `at`.
size_t character_begin(std::string_view text, size_t at) {
  if (at >= text.size()) return text.size();
  while (at > 0 && is_continuation(text[at])) --at;
  return at;
}

/// From where an excerpt runs: the beginning of a word, if there is one near.
size_t excerpt_begin(std::string_view text, size_t first) {
  if (first <= kBytesBefore) return 0;
  const size_t begin = character_begin(text, first - kBytesBefore);
  for (size_t at = begin; at < begin + kBytesBefore / 2; ++at)
    if (is_space(text[at])) return at + 1;
  return begin;
}

size_t excerpt_end(std::string_view text, size_t first) {
  if (text.size() - first <= kBytesAfter) return text.size();
  const size_t end = character_begin(text, first + kBytesAfter);
  for (size_t at = end; at > end - kBytesAfter / 4; --at)
    if (is_space(text[at])) return at;
  return end;
}

std::string quoted(std::string_view word) {
  std::string result = "\"";
  for (const char c : word) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

}  // namespace

/// Finds the terms in tokens that come one after the other.
class SearchQuery::Matcher {
 public:
  explicit Matcher(const std::vector<Term>& terms) : terms_(terms) {
    for (const Term& term : terms) longest_ = std::max(longest_, term.tokens.size());
  }

  /// The longest of the terms that end with this token.
  std::optional<FoundText::Range> add(SearchToken token) {
    recent_.push_back(std::move(token));
    if (recent_.size() > longest_) recent_.erase(recent_.begin());
    std::optional<FoundText::Range> found;
    for (const Term& term : terms_) {
      if (!ends_with(term)) continue;
      const size_t begin = recent_[recent_.size() - term.tokens.size()].begin;
      if (!found || begin < found->begin) found = FoundText::Range{begin, recent_.back().end};
    }
    return found;
  }

 private:
  bool ends_with(const Term& term) const {
    if (term.tokens.size() > recent_.size()) return false;
    const size_t first = recent_.size() - term.tokens.size();
    for (size_t i = 0; i < term.tokens.size(); ++i) {
      const std::string& word = recent_[first + i].word;
      const bool prefix = term.last_is_prefix && i + 1 == term.tokens.size();
      if (prefix ? !word.starts_with(term.tokens[i]) : word != term.tokens[i]) return false;
    }
    return true;
  }

  const std::vector<Term>& terms_;
  size_t longest_ = 0;
  std::vector<SearchToken> recent_;
};

Result<SearchQuery> SearchQuery::parse(Database& database, std::string_view asked) {
  std::string text(asked.substr(0, character_begin(asked, kMaxAskedBytes)));
  for (size_t at = 0; (at = text.find(kIdeographicSpace, at)) != std::string::npos;)
    text.replace(at, kIdeographicSpace.size(), " ");
  SearchQuery query(database);
  for (size_t at = 0; at < text.size();) {
    const size_t end = static_cast<size_t>(
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_space) - text.begin());
    KVASIR_TRY(query.add(std::string_view(text).substr(at, end - at), end == text.size()));
    at = end + 1;
  }
  return query;
}

Result<void> SearchQuery::add(std::string_view word, bool is_last) {
  Term term;
  bool single_character = false;
  KVASIR_TRY(tokenize(*database_, word, TokenizeFor::Searching, [&](SearchToken token) {
    single_character = character_begin(token.word, token.word.size() - 1) == 0;
    term.tokens.push_back(std::move(token.word));
    return true;
  }));
  if (term.tokens.empty()) return {};
  // One CJK character alone is the beginning of the pairs that it is in.
  const bool lone_cjk = term.tokens.size() == 1 && single_character && is_continuation(term.tokens[0].back());
  term.last_is_prefix = is_last || lone_cjk;
  expression_ += (expression_.empty() ? "" : " ") + quoted(word) + (term.last_is_prefix ? "*" : "");
  terms_.push_back(std::move(term));
  return {};
}

Result<std::optional<size_t>> SearchQuery::find_first(std::string_view text) const {
  Matcher matcher(terms_);
  std::optional<size_t> first;
  KVASIR_TRY(tokenize(*database_, text, TokenizeFor::Storing, [&](SearchToken token) {
    if (const auto found = matcher.add(std::move(token))) first = found->begin;
    return !first.has_value();
  }));
  return first;
}

Result<FoundText> SearchQuery::excerpt(std::string_view text) const {
  KVASIR_TRY_ASSIGN(const auto first, find_first(text.substr(0, kMaxTextBytes)));
  const size_t begin = excerpt_begin(text, first.value_or(0));
  const size_t end = excerpt_end(text, first.value_or(0));
  FoundText found;
  if (begin > 0) found.text = kEllipsis;
  const size_t shift = found.text.size();
  const std::string_view piece = text.substr(begin, end - begin);
  for (const char c : piece) found.text += is_space(c) ? ' ' : c;
  if (end < text.size()) found.text += kEllipsis;
  Matcher matcher(terms_);
  KVASIR_TRY(tokenize(*database_, piece, TokenizeFor::Storing, [&](SearchToken token) {
    const auto mark = matcher.add(std::move(token));
    if (!mark) return true;
    if (!found.marks.empty() && mark->begin + shift <= found.marks.back().end)
      found.marks.back().end = mark->end + shift;
    else
      found.marks.push_back({mark->begin + shift, mark->end + shift});
    return true;
  }));
  return found;
}

}  // namespace kvasir::storage
