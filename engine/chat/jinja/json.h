#pragma once

#include "engine/chat/jinja/heap.h"

#include <optional>
#include <string>

namespace kvasir::engine::jinja {

/// How `tojson` writes: as Python's `json.dumps` with `ensure_ascii` off, which is what models were trained
/// on (Jinja's own filter would write `<` as `\u003c`).
struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  std::optional<std::string> indent;  ///< of one level; without it, everything stands on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

/// Stops at what JSON can't say: undefined values, functions.
void write_json(TextBuilder& out, const Value& value, const JsonStyle& style, unsigned depth = 0);

}  // namespace kvasir::engine::jinja
