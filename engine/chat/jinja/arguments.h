#pragma once

#include "engine/chat/jinja/operations.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvasir::engine::jinja {

/// What a call hands over, evaluated.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

/// Gives a built-in function its arguments one parameter after the other, by position or by name, and stops
/// at one that is missing or of the wrong type.
class ArgumentReader {
 public:
  ArgumentReader(const Arguments& arguments, std::string_view function)
      : arguments_(arguments), function_(function) {}

  /// The next parameter; null where it was not given.
  const Value* next(std::string_view name);
  const Value& need(std::string_view name);
  const Text& text(std::string_view name);
  /// Null where it was not given or is none.
  const Text* text_or_none(std::string_view name);
  int64_t integer(std::string_view name);
  int64_t integer(std::string_view name, int64_t otherwise);
  bool flag(std::string_view name, bool otherwise);
  /// Stops at arguments that nobody asked for.
  void done() const;

 private:
  [[noreturn]] void wrong(std::string_view name, const Value& value, const char* wanted) const;

  const Arguments& arguments_;
  const std::string_view function_;
  size_t position_ = 0;
  size_t named_ = 0;  // that were asked for
};

}  // namespace kvasir::engine::jinja
