#include "engine/chat/jinja/operations.h"

#include "engine/chat/jinja/unicode.h"

#include <algorithm>
#include <cstring>

namespace kvasir::engine::jinja {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
// clang 14 needs the guide.
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

int sign(std::strong_ordering order) {
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

int compare_numbers(const Value& a, const Value& b) {
  const auto whole_a = as_integer(a);
  const auto whole_b = as_integer(b);
  if (whole_a && whole_b) return sign(*whole_a <=> *whole_b);
  const double x = *as_number(a);
  const double y = *as_number(b);
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;  // 2: not a number, equal to nothing
}

void check_depth(unsigned depth) {
  if (depth > kMaxValueDepth) stop_at_limit("a list nested too deeply");
}

bool equal_lists(Heap& heap, const List& a, const List& b, unsigned depth) {
  if (a.is_tuple != b.is_tuple || a.items.size() != b.items.size()) return false;
  for (size_t i = 0; i < a.items.size() && i < b.items.size(); ++i)
    if (!equal(heap, a.items[i], b.items[i], depth + 1)) return false;
  return true;
}

bool equal_dicts(Heap& heap, Dict& a, Dict& b, unsigned depth) {
  if (a.entries.size() != b.entries.size()) return false;
  for (const auto& [key, value] : a.entries) {
    const Value* const other = find(heap, b, key);
    if (other == nullptr || !equal(heap, value, *other, depth + 1)) return false;
  }
  return true;
}

}  // namespace

bool truthy(const Value& value) {
  return std::visit(Overloaded{
                        [](Undefined) { return false; },
                        [](None) { return false; },
                        [](bool b) { return b; },
                        [](int64_t i) { return i != 0; },
                        [](double d) { return d != 0; },
                        [](const TextPtr& t) { return !t->get().empty(); },
                        [](List* l) { return !l->items.empty(); },
                        [](Dict* d) { return !d->entries.empty(); },
                        [](Namespace*) { return true; },
                        [](Loop*) { return true; },
                        [](Callable*) { return true; },
                    },
                    value.data());
}

std::string_view type_name(const Value& value) {
  return std::visit(Overloaded{
                        [](Undefined) { return "Undefined"; },
                        [](None) { return "NoneType"; },
                        [](bool) { return "bool"; },
                        [](int64_t) { return "int"; },
                        [](double) { return "float"; },
                        [](const TextPtr&) { return "str"; },
                        [](List* l) { return l->is_tuple ? "tuple" : "list"; },
                        [](Dict*) { return "dict"; },
                        [](Namespace*) { return "Namespace"; },
                        [](Loop*) { return "LoopContext"; },
                        [](Callable*) { return "function"; },
                    },
                    value.data());
}

std::string describe(const Value& value) {
  if (!value.is<Undefined>()) return "a value of type " + std::string(type_name(value));
  const std::string* const name = value.as<Undefined>().name;
  return name == nullptr ? "a value that is not there" : "'" + *name + "', which is not defined";
}

std::optional<int64_t> as_integer(const Value& value) {
  if (value.is<bool>()) return value.as<bool>() ? 1 : 0;
  if (value.is<int64_t>()) return value.as<int64_t>();
  return std::nullopt;
}

bool is_number(const Value& value) {
  return value.is<bool>() || value.is<int64_t>() || value.is<double>();
}

std::optional<double> as_number(const Value& value) {
  if (const auto whole = as_integer(value)) return static_cast<double>(*whole);
  if (value.is<double>()) return value.as<double>();
  return std::nullopt;
}

bool same_object(const Value& a, const Value& b) {
  if (a.data().index() != b.data().index()) return false;
  return std::visit(Overloaded{
                        [](Undefined) { return true; },
                        [](None) { return true; },
                        [&](const TextPtr& t) { return t->get().bytes() == b.text().bytes(); },
                        [&](const auto& data) { return data == b.as<std::decay_t<decltype(data)>>(); },
                    },
                    a.data());
}

bool equal(Heap& heap, const Value& a, const Value& b, unsigned depth) {
  check_depth(depth);
  heap.step();
  if (is_number(a) && is_number(b)) return compare_numbers(a, b) == 0;
  if (a.data().index() != b.data().index()) return false;
  if (a.is_text()) {
    heap.read(std::min(a.text().size(), b.text().size()));
    return a.text().bytes() == b.text().bytes();
  }
  if (a.is<List*>()) return equal_lists(heap, *a.as<List*>(), *b.as<List*>(), depth);
  if (a.is<Dict*>()) return equal_dicts(heap, *a.as<Dict*>(), *b.as<Dict*>(), depth);
  return same_object(a, b);
}

int compare(Heap& heap, const Value& a, const Value& b, unsigned depth) {
  check_depth(depth);
  heap.step();
  if (is_number(a) && is_number(b)) return compare_numbers(a, b);
  if (a.is_text() && b.is_text()) {
    heap.read(std::min(a.text().size(), b.text().size()));
    return sign(a.text().bytes() <=> b.text().bytes());
  }
  if (a.is<List*>() && b.is<List*>() && a.as<List*>()->is_tuple == b.as<List*>()->is_tuple) {
    const auto& left = a.as<List*>()->items;
    const auto& right = b.as<List*>()->items;
    for (size_t i = 0; i < left.size() && i < right.size(); ++i)
      if (!equal(heap, left[i], right[i], depth + 1)) return compare(heap, left[i], right[i], depth + 1);
    return sign(left.size() <=> right.size());
  }
  stop("it compares " + describe(a) + " with " + describe(b));
}

bool contains(Heap& heap, const Value& container, const Value& item) {
  if (container.is_text()) {
    if (!item.is_text()) stop("it looks for " + describe(item) + " in a text");
    return find_bytes(heap, container.text().bytes(), item.text().bytes()) != std::string::npos;
  }
  if (container.is<Dict*>()) return find(heap, *container.as<Dict*>(), item) != nullptr;
  if (!is_iterable(container)) stop("it looks for something in " + describe(container));
  if (!container.is<List*>()) return false;
  return std::ranges::any_of(container.as<List*>()->items,
                             [&](const Value& one) { return equal(heap, one, item); });
}

size_t length(const Value& value) {
  if (value.is_text()) return count_characters(value.text().bytes());
  if (value.is<List*>()) return value.as<List*>()->items.size();
  if (value.is<Dict*>()) return value.as<Dict*>()->entries.size();
  if (value.is<Loop*>()) return value.as<Loop*>()->items.size();
  if (value.is<Undefined>()) return 0;
  stop("it asks for the length of " + describe(value));
}

bool is_iterable(const Value& value) {
  return value.is_text() || value.is<List*>() || value.is<Dict*>() || value.is<Undefined>();
}

std::vector<Value> items_of(Heap& heap, const Value& value) {
  if (!is_iterable(value)) stop("it goes through " + describe(value) + " as if it were a list");
  std::vector<Value> items;
  if (value.is<List*>()) {
    heap.step(value.as<List*>()->items.size());
    items = value.as<List*>()->items;
  } else if (value.is<Dict*>()) {
    heap.step(value.as<Dict*>()->entries.size());
    for (const auto& entry : value.as<Dict*>()->entries) items.push_back(entry.first);
  } else if (value.is_text()) {
    const Text& text = value.text();
    for (size_t at = 0, length = 0; at < text.size(); at += length) {
      heap.step();
      length = character_at(text.bytes(), at).length;
      items.push_back(heap.text(text.slice(at, at + length)));
    }
  }
  return items;
}

Value* find(Heap& heap, Dict& dict, const Value& key) {
  for (auto& [name, value] : dict.entries)
    if (equal(heap, name, key)) return &value;
  return nullptr;
}

Value* find(Dict& dict, std::string_view key) {
  for (auto& [name, value] : dict.entries)
    if (name.is_text() && name.text().bytes() == key) return &value;
  return nullptr;
}

void set(Heap& heap, Dict& dict, const Value& key, Value value) {
  if (key.is<Dict*>() || (key.is<List*>() && !key.as<List*>()->is_tuple))
    stop("it takes " + describe(key) + " as a key");
  if (Value* const known = find(heap, dict, key)) {
    *known = std::move(value);
    return;
  }
  heap.charge(2 * sizeof(Value));
  dict.entries.emplace_back(key, std::move(value));
}

Value* find(Namespace& space, std::string_view name) {
  for (auto& [known, value] : space.attributes)
    if (known == name) return &value;
  return nullptr;
}

void set(Heap& heap, Namespace& space, std::string_view name, Value value) {
  heap.step(space.attributes.size() / 8);
  if (Value* const known = find(space, name)) {
    *known = std::move(value);
    return;
  }
  heap.charge(sizeof(Value) + name.size());
  space.attributes.emplace_back(name, std::move(value));
}

size_t find_bytes(Heap& heap, std::string_view text, std::string_view part, size_t from) {
  if (part.empty()) return from <= text.size() ? from : std::string::npos;
  if (from >= text.size()) return std::string::npos;
  // Not std::string::find: it can take the product of both lengths.
  const void* const found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  const size_t at = found == nullptr ? std::string::npos
                                     : static_cast<size_t>(static_cast<const char*>(found) - text.data());
  heap.read(part.size() + (found == nullptr ? text.size() : at) - from);
  return at;
}

}  // namespace kvasir::engine::jinja
