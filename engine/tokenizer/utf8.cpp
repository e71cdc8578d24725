#include "engine/tokenizer/utf8.h"

#include "engine/tokenizer/tokenizer.h"

#include <cassert>

namespace kvasir::engine {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

unsigned byte_at(std::string_view bytes, size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

}  // namespace

Utf8Head utf8_head(std::string_view bytes) {
  assert(!bytes.empty());
  const unsigned lead = byte_at(bytes, 0);
  if (lead < 0x80) return {Utf8Head::Kind::Whole, 1};
  if (lead < 0xC2 || lead > 0xF4) return {Utf8Head::Kind::Malformed, 1};
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

  // The second byte's range is narrower after these leads; all later bytes are 80–BF.
  unsigned low = 0x80, high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  for (size_t i = 1; i < length; ++i, low = 0x80, high = 0xBF) {
    if (i == bytes.size()) return {Utf8Head::Kind::Cut, i};
    if (byte_at(bytes, i) < low || byte_at(bytes, i) > high) return {Utf8Head::Kind::Malformed, i};
  }
  return {Utf8Head::Kind::Whole, length};
}

std::string Utf8Stream::push(std::string_view bytes) {
  pending_ += bytes;
  std::string text;
  size_t at = 0;
  while (at < pending_.size()) {
    const std::string_view rest = std::string_view(pending_).substr(at);
    const Utf8Head head = utf8_head(rest);
    if (head.kind == Utf8Head::Kind::Cut) break;
    text += head.kind == Utf8Head::Kind::Whole ? rest.substr(0, head.length) : kReplacement;
    at += head.length;
  }
  pending_.erase(0, at);
  return text;
}

std::string Utf8Stream::finish() {
  const bool cut = !pending_.empty();
  pending_.clear();
  return std::string(cut ? kReplacement : std::string_view());
}

}  // namespace kvasir::engine
