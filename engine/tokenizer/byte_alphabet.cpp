#include "engine/tokenizer/byte_alphabet.h"

#include "engine/tokenizer/utf8.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace kvasir::engine {
namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr int16_t kNotInAlphabet = -1;
constexpr size_t kAlphabetEnd = 0x100 + 68;

/// {code point} → byte.
constexpr auto kBytes = [] {
  std::array<int16_t, kAlphabetEnd> bytes{};
  bytes.fill(kNotInAlphabet);
  size_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte)
    bytes[stands_for_itself(byte) ? byte : next++] = static_cast<int16_t>(byte);
  return bytes;
}();

}  // namespace

bool append_alphabet_bytes(std::string_view text, std::string& bytes) {
  const size_t before = bytes.size();
  for (size_t at = 0; at < text.size();) {
    const Utf8Head head = utf8_head(text.substr(at));
    // The whole alphabet is one- and two-byte characters.
    size_t code = kAlphabetEnd;
    const auto lead = static_cast<unsigned char>(text[at]);
    if (head.kind == Utf8Head::Kind::Whole && head.length == 1) code = lead;
    if (head.kind == Utf8Head::Kind::Whole && head.length == 2)
      code = (lead & 0x1Fu) << 6 | (static_cast<unsigned char>(text[at + 1]) & 0x3Fu);
    if (code >= kAlphabetEnd || kBytes[code] == kNotInAlphabet) {
      bytes.resize(before);
      return false;
    }
    bytes += static_cast<char>(kBytes[code]);
    at += head.length;
  }
  return true;
}

std::optional<unsigned char> parse_byte_token(std::string_view text) {
  if (text.size() != 6 || !text.starts_with("<0x") || text.back() != '>') return std::nullopt;
  unsigned value = 0;
  const char* end = text.data() + 5;
  const auto [stopped, error] = std::from_chars(text.data() + 3, end, value, 16);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return static_cast<unsigned char>(value);
}

}  // namespace kvasir::engine
