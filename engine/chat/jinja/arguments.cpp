#include "engine/chat/jinja/arguments.h"

namespace kvasir::engine::jinja {

void ArgumentReader::wrong(std::string_view name, const Value& value, const char* wanted) const {
  stop(std::string(function_) + " wants " + wanted + " as '" + std::string(name) + "', not " +
       describe(value));
}

const Value* ArgumentReader::next(std::string_view name) {
  if (position_++ < arguments_.positional.size()) return &arguments_.positional[position_ - 1];
  for (const auto& [given, value] : arguments_.named) {
    if (given != name) continue;
    ++named_;
    return &value;
  }
  return nullptr;
}

const Value& ArgumentReader::need(std::string_view name) {
  const Value* const value = next(name);
  if (value == nullptr) stop(std::string(function_) + " is called without '" + std::string(name) + "'");
  return *value;
}

const Text& ArgumentReader::text(std::string_view name) {
  const Value& value = need(name);
  if (!value.is_text()) wrong(name, value, "a text");
  return value.text();
}

const Text* ArgumentReader::text_or_none(std::string_view name) {
  const Value* const value = next(name);
  if (value == nullptr || value->is<None>()) return nullptr;
  if (!value->is_text()) wrong(name, *value, "a text");
  return &value->text();
}

int64_t ArgumentReader::integer(std::string_view name) {
  const Value& value = need(name);
  const auto whole = as_integer(value);
  if (!whole) wrong(name, value, "a whole number");
  return *whole;
}

int64_t ArgumentReader::integer(std::string_view name, int64_t otherwise) {
  const Value* const value = next(name);
  if (value == nullptr || value->is<None>()) return otherwise;
  const auto whole = as_integer(*value);
  if (!whole) wrong(name, *value, "a whole number");
  return *whole;
}

bool ArgumentReader::flag(std::string_view name, bool otherwise) {
  const Value* const value = next(name);
  return value == nullptr ? otherwise : truthy(*value);
}

void ArgumentReader::done() const {
  if (arguments_.positional.size() > position_)
    stop(std::string(function_) + " is called with too many arguments");
  if (arguments_.named.size() > named_)
    stop(std::string(function_) + " is called with an argument that it does not have");
}

}  // namespace kvasir::engine::jinja
