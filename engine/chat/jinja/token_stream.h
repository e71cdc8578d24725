#pragma once

#include "engine/chat/jinja/lexer.h"
#include "engine/chat/jinja/limits.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvasir::engine::jinja {

/// A name as messages show it.
inline std::string in_quotes(std::string_view name) {
  std::string text("'");
  text += name;
  text += '\'';
  return text;
}

/// The tokens as the parser goes through them, and how deep it stands in them.
class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& now() const { return tokens_[at_]; }
  Position at() const { return now().at; }
  bool is(Token::Kind kind) const { return now().kind == kind; }
  bool is_operator(std::string_view op) const { return is(Token::Kind::Operator) && now().text == op; }
  bool is_name(std::string_view name) const { return is(Token::Kind::Name) && now().text == name; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }

  Token take() {
    Token token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool take_operator(std::string_view op) { return is_operator(op) && (take(), true); }
  bool take_name(std::string_view name) { return is_name(name) && (take(), true); }
  void expect_operator(std::string_view op) {
    if (!take_operator(op)) fail("expected " + in_quotes(op));
  }
  void expect_name(std::string_view name) {
    if (!take_name(name)) fail("expected " + in_quotes(name));
  }
  std::string expect_any_name() {
    if (!is(Token::Kind::Name)) fail("expected a name");
    return take().text;
  }
  void expect(Token::Kind kind, const char* what) {
    if (!is(kind)) fail(std::string("expected ") + what);
    take();
  }

  /// Stops with what was expected, and what is there instead.
  [[noreturn]] void fail(const std::string& message) const {
    throw ParseFailure{message + " before " + description(), at()};
  }
  [[noreturn]] static void fail_at(std::string message, Position at) {
    throw ParseFailure{std::move(message), at};
  }

  /// Held while one construct is parsed inside another.
  class Nesting {
   public:
    explicit Nesting(TokenStream& stream) : stream_(stream) {
      if (++stream_.depth_ > kMaxNesting) fail_at("this is nested too deeply", stream_.at());
    }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    ~Nesting() { --stream_.depth_; }

   private:
    TokenStream& stream_;
  };

 private:
  std::string description() const {
    switch (now().kind) {
      case Token::Kind::End:
        return "the end of the template";
      case Token::Kind::VariableEnd:
      case Token::Kind::BlockEnd:
        return "the end of the tag";
      case Token::Kind::String:
        return "a text";
      default:
        return in_quotes(std::string_view(now().text).substr(0, 40));
    }
  }

  const std::vector<Token> tokens_;
  size_t at_ = 0;
  unsigned depth_ = 0;
};

}  // namespace kvasir::engine::jinja
