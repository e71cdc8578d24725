#include "engine/chat/jinja/text_functions.h"

#include "engine/chat/jinja/operations.h"
#include "engine/chat/jinja/unicode.h"
#include "engine/chat/jinja/write.h"

#include <algorithm>

namespace kvasir::engine::jinja {
namespace {

/// Each character through a function of it and its index.
template <class Map>
Value map_characters(Heap& heap, const Text& text, const Map& map) {
  TextBuilder out(heap);
  size_t index = 0;
  for (size_t at = 0; at < text.size(); ++index) {
    const Character character = character_at(text.bytes(), at);
    const char32_t mapped = map(character.code, index);
    if (mapped == character.code)
      out.append(text, at, at + character.length);
    else
      out.append(utf8(mapped), text.origin_at(at));
    at += character.length;
  }
  if (text.empty()) out.append(text);
  return out.take();
}

std::vector<char32_t> characters_of(const Text& text) {
  std::vector<char32_t> codes;
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text.bytes(), at);
    codes.push_back(character.code);
    at += character.length;
  }
  return codes;
}

bool ends_line(char32_t code) {
  return (code >= 0x0A && code <= 0x0D) || (code >= 0x1C && code <= 0x1E) || code == 0x85 || code == 0x2028 ||
         code == 0x2029;
}

}  // namespace

Value strip(Heap& heap, const Text& text, const Text* characters, Side side) {
  heap.read(text.size());
  size_t begin = 0;
  size_t end = text.size();
  if (characters == nullptr) {
    if (side != Side::Right) begin = skip_space(text.bytes());
    if (side != Side::Left) end = std::max(begin, skip_space_back(text.bytes()));
    return heap.text(text.slice(begin, end));
  }
  const std::vector<char32_t> stripped = characters_of(*characters);
  const auto is_stripped = [&](size_t at, size_t length) {
    heap.step(1 + stripped.size() / 64);
    const Character character = character_at(std::string_view(text.bytes()).substr(0, at + length), at);
    return std::ranges::find(stripped, character.code) != stripped.end();
  };
  while (side != Side::Right && begin < end) {
    const size_t length = character_at(text.bytes(), begin).length;
    if (!is_stripped(begin, length)) break;
    begin += length;
  }
  while (side != Side::Left && begin < end) {
    size_t last = end - 1;
    while (last > begin && end - last < 4 && (static_cast<unsigned char>(text.bytes()[last]) & 0xC0) == 0x80)
      --last;
    if (last + character_at(text.bytes(), last).length != end) last = end - 1;
    if (!is_stripped(last, end - last)) break;
    end = last;
  }
  return heap.text(text.slice(begin, end));
}

Value replace(Heap& heap, const Text& text, const Text& old, const Text& by, int64_t count) {
  TextBuilder out(heap);
  size_t at = 0;
  if (old.empty()) {
    // Python puts it before every character and at the end.
    for (; count != 0 && at<text.size(); count -= count> 0) {
      const size_t length = character_at(text.bytes(), at).length;
      out.append(by);
      out.append(text, at, at + length);
      at += length;
    }
    out.append(text, at, text.size());
    if (count != 0) out.append(by);
    return out.take();
  }
  for (; count != 0; count -= count > 0) {
    const size_t found = find_bytes(heap, text.bytes(), old.bytes(), at);
    if (found == std::string::npos) break;
    out.append(text, at, found);
    out.append(by);
    at = found + old.size();
  }
  out.append(text, at, text.size());
  return out.take();
}

Value upper(Heap& heap, const Text& text) {
  return map_characters(heap, text, [](char32_t code, size_t) { return to_upper(code); });
}

Value lower(Heap& heap, const Text& text) {
  return map_characters(heap, text, [](char32_t code, size_t) { return to_lower(code); });
}

Value capitalize(Heap& heap, const Text& text) {
  return map_characters(
      heap, text, [](char32_t code, size_t index) { return index == 0 ? to_upper(code) : to_lower(code); });
}

Value title(Heap& heap, const Text& text, bool (*separates)(char32_t)) {
  bool in_word = false;
  return map_characters(heap, text, [&](char32_t code, size_t) {
    const char32_t mapped = in_word ? to_lower(code) : to_upper(code);
    in_word = !separates(code);
    return mapped;
  });
}

std::vector<Text> lines_of(Heap& heap, const Text& text, bool keep_ends) {
  heap.read(text.size());
  std::vector<Text> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text.bytes(), at);
    const size_t end = at;
    at += character.length;
    if (!ends_line(character.code)) continue;
    if (character.code == '\r' && at < text.size() && text.bytes()[at] == '\n') ++at;
    heap.step();
    lines.push_back(text.slice(begin, keep_ends ? at : end));
    begin = at;
  }
  if (begin < text.size()) lines.push_back(text.slice(begin, text.size()));
  return lines;
}

Value join(Heap& heap, const std::vector<Value>& items, const Text& separator) {
  TextBuilder out(heap);
  for (size_t i = 0; i < items.size(); ++i) {
    heap.step();
    if (i > 0) out.append(separator);
    write_text(out, items[i]);
  }
  return out.take();
}

Value pad(Heap& heap, const Text& text, int64_t width, char32_t with, Side side) {
  const auto taken = static_cast<int64_t>(count_characters(text.bytes()));
  const int64_t missing = std::max<int64_t>(width - taken, 0);
  // Python's `center`: an odd one goes left where the width is odd too.
  const int64_t left = side == Side::Left    ? 0
                       : side == Side::Right ? missing
                                             : missing / 2 + (missing & width & 1);
  const std::string filling = utf8(with);
  TextBuilder out(heap);
  for (int64_t i = 0; i < left; ++i) out.append(filling);
  out.append(text);
  for (int64_t i = left; i < missing; ++i) out.append(filling);
  return out.take();
}

bool every_character(const Text& text, bool (*holds)(char32_t)) {
  if (text.empty()) return false;
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text.bytes(), at);
    if (!holds(character.code)) return false;
    at += character.length;
  }
  return true;
}

bool has_case(const Text& text, bool (*wanted)(char32_t), bool (*unwanted)(char32_t)) {
  bool found = false;
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text.bytes(), at);
    if (unwanted(character.code)) return false;
    found = found || wanted(character.code);
    at += character.length;
  }
  return found;
}

}  // namespace kvasir::engine::jinja
