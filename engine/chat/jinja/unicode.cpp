#include "engine/chat/jinja/unicode.h"

#include "engine/tokenizer/utf8.h"

#include <locale.h>
#include <wctype.h>

namespace kvasir::engine::jinja {
namespace {

/// The C library's tables of Unicode, whatever language the program runs in. Where a system lacks this
/// locale, only ASCII has case.
locale_t unicode_locale() {
  static const locale_t locale = [] {
    const locale_t utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8_locale != nullptr ? utf8_locale : newlocale(LC_CTYPE_MASK, "C", nullptr);
  }();
  return locale;
}

bool is_ascii(char32_t code) {
  return code < 0x80;
}

}  // namespace

Character character_at(std::string_view text, size_t offset) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const Utf8Head head = utf8_head(text.substr(offset));
  if (head.kind != Utf8Head::Kind::Whole) return {0xFFFD, 1};
  char32_t code = byte(0) & (0xFFu >> (head.length + 1));
  for (size_t i = 1; i < head.length; ++i) code = code << 6 | (byte(i) & 0x3Fu);
  return {code, head.length};
}

size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) at += character_at(text, at).length;
  return count;
}

size_t offset_of(std::string_view text, size_t index) {
  size_t at = 0;
  for (; at < text.size() && index > 0; --index) at += character_at(text, at).length;
  return at;
}

std::string utf8(char32_t code) {
  const auto byte = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  const auto tail = [&](int shift) { return byte(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {byte(0xE0 | code >> 12), tail(6), tail(0)};
  return {byte(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

bool is_space(char32_t code) {
  return (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20) || code == 0x85 || code == 0xA0 ||
         code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
         code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_digit(char32_t code) {
  return code >= '0' && code <= '9';
}

bool is_letter(char32_t code) {
  return iswalpha_l(static_cast<wint_t>(code), unicode_locale()) != 0 && !is_digit(code);
}

bool is_upper(char32_t code) {
  return iswupper_l(static_cast<wint_t>(code), unicode_locale()) != 0;
}

bool is_lower(char32_t code) {
  return iswlower_l(static_cast<wint_t>(code), unicode_locale()) != 0;
}

char32_t to_upper(char32_t code) {
  if (is_ascii(code)) return code >= 'a' && code <= 'z' ? code - 32 : code;
  return static_cast<char32_t>(towupper_l(static_cast<wint_t>(code), unicode_locale()));
}

char32_t to_lower(char32_t code) {
  if (is_ascii(code)) return code >= 'A' && code <= 'Z' ? code + 32 : code;
  return static_cast<char32_t>(towlower_l(static_cast<wint_t>(code), unicode_locale()));
}

size_t skip_space(std::string_view text, size_t from) {
  while (from < text.size()) {
    const Character character = character_at(text, from);
    if (!is_space(character.code)) break;
    from += character.length;
  }
  return from;
}

size_t skip_space_back(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    const Character character = character_at(text.substr(0, end), begin);
    if (begin + character.length != end || !is_space(character.code)) break;
    end = begin;
  }
  return end;
}

}  // namespace kvasir::engine::jinja
