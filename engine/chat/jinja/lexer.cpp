#include "engine/chat/jinja/lexer.h"

#include "engine/chat/jinja/string_literal.h"
#include "engine/chat/jinja/unicode.h"

#include <algorithm>
#include <array>

namespace kvasir::engine::jinja {
namespace {

constexpr std::array<std::string_view, 6> kLongOperators = {"//", "**", "==", "!=", ">=", "<="};
constexpr std::string_view kOperators = "+-/*%~[](){}><=.:|,;";

bool is_name_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) read_data();
    add(Token::Kind::End, {});
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(std::string message, size_t at) const {
    throw ParseFailure{std::move(message), static_cast<Position>(at)};
  }
  void add(Token::Kind kind, std::string text) { add(kind, std::move(text), at_); }
  void add(Token::Kind kind, std::string text, size_t at) {
    tokens_.push_back({kind, static_cast<Position>(at), std::move(text)});
  }
  bool next_is(std::string_view text) const { return source_.substr(at_).starts_with(text); }

  /// Up to the next tag, and that.
  void read_data() {
    size_t tag = at_;
    do {
      tag = source_.find('{', tag);
    } while (tag != std::string::npos && tag + 1 < source_.size() && !is_tag(source_[tag + 1]) && ++tag);
    if (tag == std::string::npos || tag + 1 >= source_.size()) {
      add(Token::Kind::Data, std::string(source_.substr(at_)));
      at_ = source_.size();
      return;
    }
    const char kind = source_[tag + 1];
    const char sign = sign_at(tag + 2);
    add_data(at_, tag, sign, kind != '{');
    at_ = tag + 2 + (sign != 0);
    if (kind == '#')
      skip_comment(tag);
    else if (kind == '{')
      read_code(Token::Kind::VariableBegin, tag);
    else if (!read_raw(tag))
      read_code(Token::Kind::BlockBegin, tag);
  }

  static bool is_tag(char c) { return c == '{' || c == '%' || c == '#'; }

  char sign_at(size_t at) const {
    return at < source_.size() && (source_[at] == '-' || source_[at] == '+') ? source_[at] : '\0';
  }

  /// What stands before a tag, with the white space gone that the tag takes: all with a minus; with nothing,
  /// for blocks and comments, what stands before it on its line.
  void add_data(size_t begin, size_t end, char sign, bool strips_line) {
    std::string_view text = source_.substr(begin, end - begin);
    if (sign == '-') {
      text = text.substr(0, skip_space_back(text));
    } else if (sign == '\0' && strips_line) {
      const size_t line = text.rfind('\n') + 1;  // 0 where there is none
      if ((line > 0 || line_starts_) && skip_space(text, line) == text.size()) text = text.substr(0, line);
    }
    if (!text.empty()) add(Token::Kind::Data, std::string(text), begin);
  }

  /// Past a tag's end, and the white space that it takes. `sign` stands before the end.
  void end_tag(size_t end, char sign, bool trims) {
    at_ = end;
    if (sign == '-')
      at_ = skip_space(source_, at_);
    else if (trims && sign != '+' && next_is("\n"))
      ++at_;
    line_starts_ = source_[at_ - 1] == '\n';
  }

  void skip_comment(size_t tag) {
    const size_t end = source_.find("#}", at_);
    if (end == std::string::npos) fail("this comment has no end", tag);
    const char sign = end > at_ ? sign_at(end - 1) : '\0';
    end_tag(end + 2, sign, true);
  }

  /// `word` and a block's end at `at`, after white space: where that ends, and its sign; 0 where it is not
  /// there.
  size_t block_of(std::string_view word, size_t at, char& sign) const {
    at = skip_space(source_, at);
    if (!source_.substr(at).starts_with(word)) return 0;
    at = skip_space(source_, at + word.size());
    sign = sign_at(at);
    at += sign != 0;
    return source_.substr(at).starts_with("%}") ? at + 2 : 0;
  }

  bool read_raw(size_t tag) {
    char sign = 0;
    const size_t begin = block_of("raw", at_, sign);
    if (begin == 0 || sign == '+') return false;
    end_tag(begin, sign, false);
    for (size_t next = source_.find("{%", at_); next != std::string::npos;
         next = source_.find("{%", next + 1)) {
      const char before = sign_at(next + 2);
      char after = 0;
      const size_t end = block_of("endraw", next + 2 + (before != 0), after);
      if (end == 0) continue;
      add_data(at_, next, before, true);
      end_tag(end, after, true);
      return true;
    }
    fail("this raw block has no end", tag);
  }

  void read_code(Token::Kind begin, size_t tag) {
    const bool is_block = begin == Token::Kind::BlockBegin;
    add(begin, {}, tag);
    brackets_.clear();
    while (true) {
      at_ = skip_space(source_, at_);
      if (at_ >= source_.size()) fail("this tag has no end", tag);
      if (brackets_.empty() && read_end(is_block)) return;
      read_token();
    }
  }

  bool read_end(bool is_block) {
    const std::string_view end = is_block ? "%}" : "}}";
    const size_t begin = at_;
    char sign = sign_at(at_);
    if (sign == '+' && !is_block) sign = '\0';
    if (!source_.substr(at_ + (sign != 0)).starts_with(end)) return false;
    add(is_block ? Token::Kind::BlockEnd : Token::Kind::VariableEnd, {}, begin);
    end_tag(at_ + (sign != 0) + 2, sign, is_block);
    return true;
  }

  void read_token() {
    const char c = source_[at_];
    if (is_decimal(c)) return read_number();
    if (is_name_byte(c)) {
      const size_t begin = at_;
      while (at_ < source_.size() && is_name_byte(source_[at_])) ++at_;
      return add(Token::Kind::Name, std::string(source_.substr(begin, at_ - begin)), begin);
    }
    if (c == '\'' || c == '"') return read_string();
    read_operator();
  }

  void read_operator() {
    for (const std::string_view op : kLongOperators) {
      if (!next_is(op)) continue;
      add(Token::Kind::Operator, std::string(op));
      at_ += op.size();
      return;
    }
    const char c = source_[at_];
    if (kOperators.find(c) == std::string::npos) fail("this character does not belong in a tag", at_);
    if (c == '(' || c == '[' || c == '{') brackets_.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
    if (c == ')' || c == ']' || c == '}') {
      if (brackets_.empty() || brackets_.back() != c) fail("this bracket closes nothing", at_);
      brackets_.pop_back();
    }
    add(Token::Kind::Operator, std::string(1, c));
    ++at_;
  }

  void read_string() {
    const size_t begin = at_;
    const char quote = source_[at_++];
    while (at_ < source_.size() && source_[at_] != quote) at_ += source_[at_] == '\\' ? 2 : 1;
    if (at_ >= source_.size()) fail("this text has no closing quotation mark", begin);
    const auto value = string_literal(source_.substr(begin + 1, at_ - begin - 1));
    if (!value) fail("this text has an escape that means nothing", begin);
    ++at_;
    add(Token::Kind::String, *value, begin);
  }

  size_t skip_digits(size_t at) const {
    while (at < source_.size() && (is_decimal(source_[at]) || source_[at] == '_')) ++at;
    return at;
  }

  /// As Python writes them: `1_000`, `0x1F`, `1.5e-3`. The parser reads the value.
  void read_number() {
    const size_t begin = at_;
    const auto add_number = [&](Token::Kind kind, size_t end) {
      std::string digits(source_.substr(begin, end - begin));
      std::erase(digits, '_');
      at_ = end;
      add(kind, std::move(digits), begin);
    };
    const auto byte = [&](size_t at) { return at < source_.size() ? source_[at] : '\0'; };
    if (byte(begin) == '0' && std::string_view("xXoObB").find(byte(begin + 1)) != std::string::npos &&
        byte(begin + 1) != '\0') {
      size_t end = begin + 2;
      while (std::string_view("0123456789abcdefABCDEF_").find(byte(end)) != std::string::npos &&
             byte(end) != 0)
        ++end;
      return add_number(Token::Kind::Integer, end);
    }
    size_t end = skip_digits(begin);
    bool is_float = false;
    // `x.0.1` are subscripts, not a number.
    const bool after_point = begin > 0 && source_[begin - 1] == '.';
    if (!after_point && byte(end) == '.' && is_decimal(byte(end + 1))) {
      end = skip_digits(end + 1);
      is_float = true;
    }
    if (!after_point && (byte(end) == 'e' || byte(end) == 'E')) {
      const size_t digits = end + 1 + (byte(end + 1) == '+' || byte(end + 1) == '-');
      if (is_decimal(byte(digits))) {
        end = skip_digits(digits);
        is_float = true;
      }
    }
    add_number(is_float ? Token::Kind::Float : Token::Kind::Integer, end);
  }

  const std::string_view source_;
  size_t at_ = 0;
  bool line_starts_ = true;  // nothing but what tags took stands before on this line
  std::string brackets_;     // those that wait to be closed
  std::vector<Token> tokens_;
};

}  // namespace

std::string normalized_newlines(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && source.substr(i + 1).starts_with('\n')) continue;
    text += source[i] == '\r' ? '\n' : source[i];
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::vector<Token> tokenize(std::string_view source) {
  return Lexer(source).run();
}

}  // namespace kvasir::engine::jinja
