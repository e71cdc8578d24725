#pragma once

#include "engine/chat/jinja/error.h"
#include "engine/chat/jinja/limits.h"
#include "engine/chat/jinja/value.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvasir::engine::jinja {

/// Owns the values of one rendering and counts what it takes. The caller makes the values that it hands in
/// here too. Values must not outlive their heap. Not for several threads.
class Heap {
 public:
  explicit Heap(const Limits& limits = {}) : limits_(limits) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  Value text(Text text);
  Value text(std::string_view bytes, Origin origin = kTemplate) {
    return this->text(Text(std::string(bytes), origin));
  }
  Value list(std::vector<Value> items = {}, bool is_tuple = false);
  Value dict(std::vector<std::pair<Value, Value>> entries = {});

  /// An object of any other kind.
  template <class T, class... Given>
  T* make(Given&&... given) {
    charge(sizeof(T));
    auto object = std::make_unique<T>(std::forward<Given>(given)...);
    T* const made = object.get();
    objects_.push_back(std::move(object));
    return made;
  }

  /// Memory about to be taken, and given back. Stops the rendering where it would be too much.
  void charge(size_t bytes);
  void release(size_t bytes) { used_ -= bytes; }
  /// Counts work: so many steps, or the reading of so many bytes.
  void step(uint64_t steps = 1);
  void read(size_t bytes);

  const Limits& limits() const { return limits_; }

 private:
  const Limits limits_;
  size_t used_ = 0;
  uint64_t steps_ = 0;
  size_t bytes_read_ = 0;  // that do not make a step yet
  std::vector<std::unique_ptr<Object>> objects_;
};

/// Makes a text piece by piece and counts it while it grows.
class TextBuilder {
 public:
  /// `max_bytes`: a limit of its own beside the heap's, for the rendering itself.
  explicit TextBuilder(Heap& heap, size_t max_bytes = SIZE_MAX) : heap_(heap), max_bytes_(max_bytes) {}
  TextBuilder(const TextBuilder&) = delete;
  TextBuilder& operator=(const TextBuilder&) = delete;
  ~TextBuilder() { heap_.release(charged_); }

  void append(std::string_view bytes, Origin origin = kTemplate);
  void append(const Text& text) { append(text, 0, text.size()); }
  void append(const Text& text, size_t begin, size_t end);
  const Text& so_far() const { return text_; }
  Heap& heap() { return heap_; }
  /// The text as a value; nothing is left here.
  Value take();
  Text take_text();

 private:
  void charge(size_t bytes);
  /// Room for so many more bytes; `charge_runs` then counts the runs that came with them.
  void grow(size_t bytes);
  void charge_runs();

  Heap& heap_;
  const size_t max_bytes_;
  size_t charged_ = 0;
  Text text_;
};

}  // namespace kvasir::engine::jinja
