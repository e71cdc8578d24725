#pragma once

#include "engine/chat/jinja/arguments.h"

#include <string_view>

namespace kvasir::engine::jinja {

/// A method of texts, lists, dicts or loops.
struct Method {
  std::string_view name;
  Value (*call)(Interpreter& interpreter, const Value& self, const Arguments& arguments);
};

/// The value's method of that name; null where it has none.
const Method* find_method(const Value& self, std::string_view name);

/// One type's methods, each in its own file.
const Method* find_text_method(std::string_view name);
const Method* find_list_method(const List& list, std::string_view name);
const Method* find_dict_method(std::string_view name);
const Method* find_loop_method(std::string_view name);

/// A method with its object, where a template takes it without calling it.
struct BoundMethod final : Callable {
  BoundMethod(Value object, const Method* its_method) : self(std::move(object)), method(its_method) {}
  Value call(Interpreter& interpreter, const Arguments& arguments) override {
    return method->call(interpreter, self, arguments);
  }
  const Value self;
  const Method* const method;
};

}  // namespace kvasir::engine::jinja
