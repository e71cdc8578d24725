#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kvasir::engine::jinja {

/// One character of a text. A byte that belongs to no well-formed character counts as one by itself.
struct Character {
  char32_t code;  ///< 0xFFFD for a malformed byte
  size_t length;  ///< bytes, at least 1
};

/// The character at a byte's offset, which must be inside.
Character character_at(std::string_view text, size_t offset);
size_t count_characters(std::string_view text);
/// The byte at which the character of that index begins; the text's size where there are fewer.
size_t offset_of(std::string_view text, size_t index);
std::string utf8(char32_t code);

/// As Python's `str.isspace`, and what `strip` strips.
bool is_space(char32_t code);
bool is_digit(char32_t code);
bool is_letter(char32_t code);
bool is_upper(char32_t code);
bool is_lower(char32_t code);
/// One character for one, by Unicode's simple mappings (so ß stays ß).
char32_t to_upper(char32_t code);
char32_t to_lower(char32_t code);

/// Where the text's white space at the front ends, and where that at the back begins.
size_t skip_space(std::string_view text, size_t from = 0);
size_t skip_space_back(std::string_view text);

}  // namespace kvasir::engine::jinja
