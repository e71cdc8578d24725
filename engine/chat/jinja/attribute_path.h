#pragma once

#include "engine/chat/jinja/access.h"

#include <string_view>

namespace kvasir::engine::jinja {

/// What filters mean by an attribute: `name`, `name.inner`, `0.name`, or a number.
inline Value attribute_at(Heap& heap, Value object, const Value& path) {
  if (!path.is_text()) return item(heap, object, path);
  std::string_view rest = path.text().bytes();
  while (true) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    int64_t index = 0;
    bool is_index = !part.empty() && part.size() < 10;
    for (const char c : part) {
      is_index = is_index && c >= '0' && c <= '9';
      if (is_index) index = index * 10 + (c - '0');
    }
    object = item(heap, object, is_index ? Value(index) : heap.text(part));
    if (part.size() == rest.size()) return object;
    rest.remove_prefix(part.size() + 1);
  }
}

}  // namespace kvasir::engine::jinja
