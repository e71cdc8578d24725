#include "engine/chat/jinja/access.h"

#include "engine/chat/jinja/methods.h"
#include "engine/chat/jinja/unicode.h"

#include <algorithm>

namespace kvasir::engine::jinja {
namespace {

Value loop_attribute(const Loop& loop, std::string_view name) {
  const auto number = [](size_t n) { return Value(static_cast<int64_t>(n)); };
  const size_t count = loop.items.size();
  if (name == "index") return number(loop.index + 1);
  if (name == "index0") return number(loop.index);
  if (name == "revindex") return number(count - loop.index);
  if (name == "revindex0") return number(count - loop.index - 1);
  if (name == "first") return Value(loop.index == 0);
  if (name == "last") return Value(loop.index + 1 == count);
  if (name == "length") return number(count);
  if (name == "depth") return number(1);  // more in recursive loops only, which are not supported
  if (name == "depth0") return number(0);
  if (name == "previtem" && loop.index > 0) return loop.items[loop.index - 1];
  if (name == "nextitem" && loop.index + 1 < count) return loop.items[loop.index + 1];
  return {};
}

/// An index counted from either end; `size` or more where there is nothing.
size_t index_of(int64_t index, size_t size) {
  const auto count = static_cast<int64_t>(size);
  if (index < 0) index += count;
  return index < 0 || index >= count ? size : static_cast<size_t>(index);
}

Value character(Heap& heap, const Text& text, int64_t index) {
  heap.read(text.size());
  const size_t count = count_characters(text.bytes());
  const size_t at = index_of(index, count);
  if (at == count) return {};
  const size_t begin = offset_of(text.bytes(), at);
  return heap.text(text.slice(begin, begin + character_at(text.bytes(), begin).length));
}

/// Where a slice begins and how many items it takes, in Python's arithmetic. `step` is not 0.
struct Range {
  int64_t begin;
  int64_t count;
};
Range resolve(std::optional<int64_t> begin, std::optional<int64_t> end, int64_t step, int64_t size) {
  const int64_t lowest = step > 0 ? 0 : -1;
  const int64_t highest = step > 0 ? size : size - 1;
  const auto place = [&](std::optional<int64_t> given, int64_t otherwise) {
    if (!given) return otherwise;
    const int64_t from_front = *given < 0 ? *given + size : *given;  // size is small: no overflow
    return std::clamp(from_front, lowest, highest);
  };
  const int64_t from = place(begin, step > 0 ? lowest : highest);
  const int64_t to = place(end, step > 0 ? highest : lowest);
  const int64_t distance = step > 0 ? to - from : from - to;
  // 1 - step and -step may overflow; a step longer than everything takes one.
  const int64_t stride = std::clamp<int64_t>(step, -size - 1, size + 1);
  const int64_t width = stride > 0 ? stride : -stride;
  return {from, distance <= 0 ? 0 : (distance + width - 1) / width};
}

Value slice_text(Heap& heap, const Text& text, const Range& range, int64_t step) {
  if (step == 1) {
    const size_t begin = offset_of(text.bytes(), static_cast<size_t>(range.begin));
    const std::string_view rest = std::string_view(text.bytes()).substr(begin);
    return heap.text(text.slice(begin, begin + offset_of(rest, static_cast<size_t>(range.count))));
  }
  const std::vector<Value> characters = items_of(heap, heap.text(text));
  TextBuilder out(heap);
  for (int64_t i = 0, at = range.begin; i < range.count; ++i, at += i < range.count ? step : 0)
    out.append(characters[static_cast<size_t>(at)].text());
  return out.take();
}

}  // namespace

Value attribute(Heap& heap, const Value& object, std::string_view name, const std::string* remembered) {
  if (object.is<Undefined>()) stop("it asks for '" + std::string(name) + "' of " + describe(object));
  if (const Method* const method = find_method(object, name))
    return Value(static_cast<Callable*>(heap.make<BoundMethod>(object, method)));
  if (object.is<Dict*>()) {
    Dict& dict = *object.as<Dict*>();
    heap.step(dict.entries.size() / 8);
    if (const Value* const found = find(dict, name)) return *found;
  }
  if (object.is<Namespace*>()) {
    heap.step(object.as<Namespace*>()->attributes.size() / 8);
    if (const Value* const found = find(*object.as<Namespace*>(), name)) return *found;
  }
  if (object.is<Loop*>()) return loop_attribute(*object.as<Loop*>(), name);
  return Value(Undefined{remembered});
}

Value item(Heap& heap, const Value& object, const Value& key) {
  if (object.is<Undefined>()) stop("it asks for a part of " + describe(object));
  if (object.is<Dict*>()) {
    if (const Value* const found = find(heap, *object.as<Dict*>(), key)) return *found;
  }
  if (const auto index = as_integer(key)) {
    if (object.is_text()) return character(heap, object.text(), *index);
    if (!object.is<List*>()) return {};
    const auto& items = object.as<List*>()->items;
    const size_t at = index_of(*index, items.size());
    return at < items.size() ? items[at] : Value();
  }
  return key.is_text() ? attribute(heap, object, key.text().bytes()) : Value();
}

Value slice(Heap& heap, const Value& object, std::optional<int64_t> begin, std::optional<int64_t> end,
            std::optional<int64_t> step) {
  const int64_t stride = step.value_or(1);
  if (stride == 0) stop("a slice has a step of 0");
  if (object.is_text()) {
    heap.read(object.text().size());
    const auto size = static_cast<int64_t>(count_characters(object.text().bytes()));
    return slice_text(heap, object.text(), resolve(begin, end, stride, size), stride);
  }
  if (object.is<Undefined>()) stop("it takes a slice of " + describe(object));
  if (!object.is<List*>()) return {};
  const List& list = *object.as<List*>();
  const Range range = resolve(begin, end, stride, static_cast<int64_t>(list.items.size()));
  std::vector<Value> items;
  heap.step(static_cast<uint64_t>(range.count));
  for (int64_t i = 0, at = range.begin; i < range.count; ++i, at += i < range.count ? stride : 0)
    items.push_back(list.items[static_cast<size_t>(at)]);
  return heap.list(std::move(items), list.is_tuple);
}

}  // namespace kvasir::engine::jinja
