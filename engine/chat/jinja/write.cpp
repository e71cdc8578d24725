#include "engine/chat/jinja/write.h"

#include "engine/chat/jinja/operations.h"
#include "engine/chat/jinja/unicode.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace kvasir::engine::jinja {
namespace {

void write_quoted(TextBuilder& out, const Text& text) {
  const bool has_single = text.bytes().find('\'') != std::string::npos;
  const bool has_double = text.bytes().find('"') != std::string::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  out.append(std::string_view(&quote, 1));
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text.bytes(), at);
    const char32_t code = character.code;
    const auto escaped = [&](const std::string& bytes) { out.append(bytes, text.origin_at(at)); };
    char hex[8];
    if (code == static_cast<unsigned char>(quote) || code == '\\') {
      escaped({'\\', static_cast<char>(code)});
    } else if (code == '\n') {
      escaped("\\n");
    } else if (code == '\r') {
      escaped("\\r");
    } else if (code == '\t') {
      escaped("\\t");
    } else if (code < 0x20 || code == 0x7F || (code >= 0x80 && code <= 0xA0) || code == 0xAD) {
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(code));
      escaped(hex);
    } else {
      out.append(text, at, at + character.length);
    }
    at += character.length;
  }
  out.append(std::string_view(&quote, 1));
}

void write_items(TextBuilder& out, const List& list, unsigned depth) {
  out.append(list.is_tuple ? "(" : "[");
  for (size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) out.append(", ");
    write_repr(out, list.items[i], depth + 1);
  }
  if (list.is_tuple && list.items.size() == 1) out.append(",");
  out.append(list.is_tuple ? ")" : "]");
}

void write_entries(TextBuilder& out, const Dict& dict, unsigned depth) {
  out.append("{");
  for (size_t i = 0; i < dict.entries.size(); ++i) {
    if (i > 0) out.append(", ");
    write_repr(out, dict.entries[i].first, depth + 1);
    out.append(": ");
    write_repr(out, dict.entries[i].second, depth + 1);
  }
  out.append("}");
}

/// What nobody means to print: a function, a namespace.
void write_other(TextBuilder& out, const Value& value) {
  out.append("<");
  out.append(type_name(value));
  out.append(">");
}

}  // namespace

std::string float_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto scientific =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  const std::string text(buffer, scientific.ptr);
  const int exponent = std::stoi(text.substr(text.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return text;
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed);
  std::string plain(buffer, fixed.ptr);
  if (plain.find('.') == std::string::npos) plain += ".0";
  return plain;
}

void write_repr(TextBuilder& out, const Value& value, unsigned depth) {
  if (depth > kMaxValueDepth) stop_at_limit("a list nested too deeply");
  if (value.is_text())
    write_quoted(out, value.text());
  else if (value.is<List*>())
    write_items(out, *value.as<List*>(), depth);
  else if (value.is<Dict*>())
    write_entries(out, *value.as<Dict*>(), depth);
  else if (value.is<Undefined>())
    out.append("Undefined");
  else
    write_text(out, value);
}

void write_text(TextBuilder& out, const Value& value) {
  if (value.is_text())
    out.append(value.text());
  else if (value.is<None>())
    out.append("None");
  else if (value.is<bool>())
    out.append(value.as<bool>() ? "True" : "False");
  else if (value.is<int64_t>())
    out.append(std::to_string(value.as<int64_t>()));
  else if (value.is<double>())
    out.append(float_text(value.as<double>()));
  else if (value.is<List*>() || value.is<Dict*>())
    write_repr(out, value);
  else if (!value.is<Undefined>())
    write_other(out, value);
}

Value to_text(Heap& heap, const Value& value) {
  if (value.is_text()) return value;
  TextBuilder out(heap);
  write_text(out, value);
  return out.take();
}

}  // namespace kvasir::engine::jinja
