#include "engine/chat/jinja/string_literal.h"

#include "engine/chat/jinja/unicode.h"

#include <charconv>

namespace kvasir::engine::jinja {
namespace {

/// The character of exactly so many hexadecimal digits at the front.
std::optional<char32_t> hexadecimal(std::string_view text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  uint32_t code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, code, 16);
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (error != std::errc() || end != text.data() + digits || code > 0x10FFFF || surrogate)
    return std::nullopt;
  return code;
}

size_t hexadecimal_digits(char kind) {
  return kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
}

/// What a backslash and this letter mean; 0 where they mean themselves.
char simple_escape(char letter) {
  constexpr std::string_view kLetters = "abfnrtv\\'\"";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
  const size_t at = kLetters.find(letter);
  return at == std::string_view::npos ? '\0' : kMeanings[at];
}

}  // namespace

std::optional<std::string> string_literal(std::string_view quoted) {
  std::string text;
  for (size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] != '\\' || i + 1 == quoted.size()) {
      text += quoted[i];
      continue;
    }
    const char kind = quoted[++i];
    if (kind == '\n') continue;
    if (const char meaning = simple_escape(kind)) {
      text += meaning;
    } else if (const size_t digits = hexadecimal_digits(kind)) {
      const auto code = hexadecimal(quoted.substr(i + 1), digits);
      if (!code) return std::nullopt;
      text += utf8(*code);
      i += digits;
    } else if (kind >= '0' && kind <= '7') {
      char32_t code = 0;
      size_t end = i;
      for (; end < quoted.size() && end < i + 3 && quoted[end] >= '0' && quoted[end] <= '7'; ++end)
        code = code * 8 + static_cast<char32_t>(quoted[end] - '0');
      text += utf8(code);
      i = end - 1;
    } else {
      text += '\\';
      text += kind;
    }
  }
  return text;
}

}  // namespace kvasir::engine::jinja
