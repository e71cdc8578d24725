#pragma once

#include "engine/chat/jinja/heap.h"

#include <optional>
#include <vector>

namespace kvasir::engine::jinja {

// What methods and filters of texts have in common. All keep the bytes' origins.

enum class Side { Left, Right, Both };

/// Without white space, or without the characters given, at its ends.
Value strip(Heap& heap, const Text& text, const Text* characters, Side side);
/// `count` < 0: all of them.
Value replace(Heap& heap, const Text& text, const Text& old, const Text& by, int64_t count);
Value upper(Heap& heap, const Text& text);
Value lower(Heap& heap, const Text& text);
/// The first character in upper case, all others in lower case.
Value capitalize(Heap& heap, const Text& text);
/// Upper case where a word begins, lower case in it. `separates`: what stands between words.
Value title(Heap& heap, const Text& text, bool (*separates)(char32_t));
/// The text's lines, without their ends unless `keep_ends`.
std::vector<Text> lines_of(Heap& heap, const Text& text, bool keep_ends);
/// Every item's text, with `separator` between.
Value join(Heap& heap, const std::vector<Value>& items, const Text& separator);
/// Characters put before (Right: the text stands at the right) or after the text, or around it.
Value pad(Heap& heap, const Text& text, int64_t width, char32_t with, Side side);
/// Whether there are characters, and all are of a kind.
bool every_character(const Text& text, bool (*holds)(char32_t));
/// Whether some characters have case, and none the unwanted one.
bool has_case(const Text& text, bool (*wanted)(char32_t), bool (*unwanted)(char32_t));

}  // namespace kvasir::engine::jinja
