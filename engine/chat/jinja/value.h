#pragma once

#include "engine/chat/jinja/text.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kvasir::engine::jinja {

class Heap;
class Interpreter;
struct Arguments;

/// Everything but plain values lives on the rendering's Heap until that ends: lists may contain themselves,
/// and no chain of them is ever taken apart recursively.
struct Object {
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;
};
struct List;
struct Dict;
struct Namespace;
struct Loop;
struct Callable;

/// A Text that its heap counts while it lives.
class HeapText {
 public:
  HeapText(Text text, Heap* heap, size_t charged) : text_(std::move(text)), heap_(heap), charged_(charged) {}
  HeapText(const HeapText&) = delete;
  HeapText& operator=(const HeapText&) = delete;
  ~HeapText();
  const Text& get() const { return text_; }

 private:
  const Text text_;
  Heap* const heap_;  // null for a literal, which the template itself owns
  const size_t charged_;
};
using TextPtr = std::shared_ptr<const HeapText>;

/// What a name or key that is not there gives. `name`, where known, is for messages and belongs to the parsed
/// template.
struct Undefined {
  const std::string* name = nullptr;
};
struct None {};

/// A value as Python knows it. Lists, dicts, namespaces and functions are references.
class Value {
 public:
  using Data = std::variant<Undefined, None, bool, int64_t, double, TextPtr, List*, Dict*, Namespace*, Loop*,
                            Callable*>;

  Value() = default;  ///< undefined
  template <class T>
  requires(!std::same_as<std::remove_cvref_t<T>, Value>) explicit Value(T data)
      : data_(std::in_place_type<T>, std::move(data)) {}

  template <class T>
  bool is() const {
    return std::holds_alternative<T>(data_);
  }
  /// The value, where it is of that type.
  template <class T>
  const T& as() const {
    return *std::get_if<T>(&data_);
  }
  bool is_text() const { return is<TextPtr>(); }
  const Text& text() const { return as<TextPtr>()->get(); }
  const Data& data() const { return data_; }

 private:
  Data data_;
};

struct List final : Object {
  std::vector<Value> items;
  bool is_tuple = false;
};

/// In order of insertion. Keys are compared one by one: the dicts of chats are small.
struct Dict final : Object {
  std::vector<std::pair<Value, Value>> entries;
};

/// What `namespace()` makes: the only thing whose attributes a template can set.
struct Namespace final : Object {
  std::vector<std::pair<std::string, Value>> attributes;
};

/// The `loop` of a `for`.
struct Loop final : Object {
  std::vector<Value> items;
  size_t index = 0;                 ///< of the current round, from 0
  std::vector<Value> last_changed;  ///< what `loop.changed` saw
  bool has_changed = false;
};

/// A macro, a function or a method with its object.
struct Callable : Object {
  virtual Value call(Interpreter& interpreter, const Arguments& arguments) = 0;
};

}  // namespace kvasir::engine::jinja
