#include "engine/chat/jinja/json.h"

#include "engine/chat/jinja/operations.h"
#include "engine/chat/jinja/unicode.h"
#include "engine/chat/jinja/write.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace kvasir::engine::jinja {
namespace {

std::string hex_escape(char32_t unit) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(unit & 0xFFFF));
  return buffer;
}

/// Empty where the character stands for itself.
std::string escape_of(char32_t code, bool ensure_ascii) {
  switch (code) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    default:
      break;
  }
  if (code < 0x20) return hex_escape(code);
  if (!ensure_ascii || code < 0x7F) return {};
  if (code < 0x10000) return hex_escape(code);
  const char32_t offset = code - 0x10000;
  return hex_escape(0xD800 + (offset >> 10)) + hex_escape(0xDC00 + (offset & 0x3FF));
}

void write_string(TextBuilder& out, const Text& text, bool ensure_ascii) {
  out.append("\"");
  size_t plain = 0;  // from here on everything stands for itself
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text.bytes(), at);
    const std::string escape = escape_of(character.code, ensure_ascii);
    if (!escape.empty()) {
      out.append(text, plain, at);
      out.append(escape, text.origin_at(at));
      plain = at + character.length;
    }
    at += character.length;
  }
  out.append(text, plain, text.size());
  out.append("\"");
}

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  return float_text(number);
}

void write_key(TextBuilder& out, const Value& key, const JsonStyle& style) {
  if (key.is_text()) return write_string(out, key.text(), style.ensure_ascii);
  if (key.is<List*>()) stop("tojson can't write a tuple as a key");
  out.append("\"");
  write_json(out, key, style);
  out.append("\"");
}

void new_line(TextBuilder& out, const JsonStyle& style, unsigned depth) {
  if (!style.indent) return;
  out.append("\n");
  for (unsigned i = 0; i < depth; ++i) out.append(*style.indent);
}

/// Between its brackets, whatever `write_item(i)` writes.
template <class WriteItem>
void write_all(TextBuilder& out, const JsonStyle& style, unsigned depth, const char (&brackets)[3],
               size_t count, const WriteItem& write_item) {
  out.append(std::string_view(brackets, 1));
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out.append(style.item_separator);
    new_line(out, style, depth + 1);
    write_item(i);
  }
  if (count > 0) new_line(out, style, depth);
  out.append(std::string_view(brackets + 1, 1));
}

void write_dict(TextBuilder& out, const Dict& dict, const JsonStyle& style, unsigned depth) {
  std::vector<size_t> order(dict.entries.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key_text = [&](size_t i) -> const std::string& {
    const Value& key = dict.entries[i].first;
    if (!key.is_text()) stop("tojson sorts keys that are no texts");
    return key.text().bytes();
  };
  if (style.sort_keys)
    std::ranges::stable_sort(order, [&](size_t a, size_t b) { return key_text(a) < key_text(b); });
  write_all(out, style, depth, "{}", order.size(), [&](size_t i) {
    write_key(out, dict.entries[order[i]].first, style);
    out.append(style.key_separator);
    write_json(out, dict.entries[order[i]].second, style, depth + 1);
  });
}

}  // namespace

void write_json(TextBuilder& out, const Value& value, const JsonStyle& style, unsigned depth) {
  if (depth > kMaxValueDepth) stop_at_limit("a list nested too deeply");
  if (value.is_text()) {
    write_string(out, value.text(), style.ensure_ascii);
  } else if (value.is<None>()) {
    out.append("null");
  } else if (value.is<bool>()) {
    out.append(value.as<bool>() ? "true" : "false");
  } else if (value.is<int64_t>()) {
    out.append(std::to_string(value.as<int64_t>()));
  } else if (value.is<double>()) {
    out.append(number_text(value.as<double>()));
  } else if (value.is<List*>()) {
    const auto& items = value.as<List*>()->items;
    write_all(out, style, depth, "[]", items.size(),
              [&](size_t i) { write_json(out, items[i], style, depth + 1); });
  } else if (value.is<Dict*>()) {
    write_dict(out, *value.as<Dict*>(), style, depth);
  } else {
    stop("tojson can't write " + describe(value));
  }
}

}  // namespace kvasir::engine::jinja
