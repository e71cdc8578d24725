#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kvasir::engine {

/// Vocabularies write each byte as a printable character (GPT-2's `bytes_to_unicode`): printable Latin-1
/// stands for itself, the other 68 bytes for U+0100 onwards. Appends the bytes that `text` stands for; false,
/// with nothing appended, where a character is not of that alphabet.
bool append_alphabet_bytes(std::string_view text, std::string& bytes);

/// The byte of an SPM-style byte token, "<0xE4>".
std::optional<unsigned char> parse_byte_token(std::string_view text);

}  // namespace kvasir::engine
