#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/methods.h"

#include <algorithm>
#include <span>

namespace kvasir::engine::jinja {
namespace {

// Lists.

std::vector<Value>& items_in(const Value& self) {
  return self.as<List*>()->items;
}

/// Where an index points in so many items; it must.
size_t place_in(const Value& self, int64_t index) {
  const auto size = static_cast<int64_t>(items_in(self).size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) stop("a list has no item of that index");
  return static_cast<size_t>(index);
}

Value append(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "append");
  const Value& added = reader.need("object");
  reader.done();
  interpreter.heap().charge(2 * sizeof(Value));
  items_in(self).push_back(added);
  return Value(None{});
}

Value extend(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "extend");
  const auto added = items_of(interpreter.heap(), reader.need("iterable"));
  reader.done();
  interpreter.heap().charge(2 * added.size() * sizeof(Value));
  items_in(self).insert(items_in(self).end(), added.begin(), added.end());
  return Value(None{});
}

Value insert(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "insert");
  auto& items = items_in(self);
  const auto size = static_cast<int64_t>(items.size());
  int64_t at = std::clamp(reader.integer("index"), -size, size);
  if (at < 0) at += size;
  const Value& added = reader.need("object");
  reader.done();
  interpreter.heap().charge(2 * sizeof(Value));
  interpreter.heap().step(items.size() / 8);
  items.insert(items.begin() + at, added);
  return Value(None{});
}

Value pop_item(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "pop");
  const size_t at = place_in(self, reader.integer("index", -1));
  reader.done();
  auto& items = items_in(self);
  interpreter.heap().step(items.size() / 8);
  Value popped = std::move(items[at]);
  items.erase(items.begin() + static_cast<ptrdiff_t>(at));
  return popped;
}

Value index(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "index");
  const Value& wanted = reader.need("value");
  reader.done();
  for (size_t i = 0; i < items_in(self).size(); ++i)
    if (equal(interpreter.heap(), items_in(self)[i], wanted)) return Value(static_cast<int64_t>(i));
  stop("a value that is looked for is not in the list");
}

Value count_items(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "count");
  const Value& wanted = reader.need("value");
  reader.done();
  int64_t found = 0;
  for (const Value& item : items_in(self)) found += equal(interpreter.heap(), item, wanted);
  return Value(found);
}

Value reverse_list(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "reverse").done();
  interpreter.heap().step(items_in(self).size());
  std::ranges::reverse(items_in(self));
  return Value(None{});
}

Value copy_list(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "copy").done();
  return interpreter.heap().list(items_of(interpreter.heap(), self));
}

Value clear_list(Interpreter&, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "clear").done();
  items_in(self).clear();
  return Value(None{});
}

constexpr Method kTupleMethods[] = {{"index", index}, {"count", count_items}};
constexpr Method kListMethods[] = {
    {"append", append},        {"extend", extend},  {"insert", insert},
    {"pop", pop_item},         {"index", index},    {"count", count_items},
    {"reverse", reverse_list}, {"copy", copy_list}, {"clear", clear_list},
};

// Dicts.

Dict& dict_in(const Value& self) {
  return *self.as<Dict*>();
}

Value get(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "get");
  const Value& key = reader.need("key");
  const Value* const otherwise = reader.next("default");
  reader.done();
  const Value* const found = find(interpreter.heap(), dict_in(self), key);
  return found != nullptr ? *found : otherwise != nullptr ? *otherwise : Value(None{});
}

Value items(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "items").done();
  std::vector<Value> pairs;
  for (const auto& [key, value] : dict_in(self).entries)
    pairs.push_back(interpreter.heap().list({key, value}, true));
  return interpreter.heap().list(std::move(pairs));
}

Value keys(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "keys").done();
  return interpreter.heap().list(items_of(interpreter.heap(), self));
}

Value values(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "values").done();
  interpreter.heap().step(dict_in(self).entries.size());
  std::vector<Value> all;
  for (const auto& entry : dict_in(self).entries) all.push_back(entry.second);
  return interpreter.heap().list(std::move(all));
}

Value pop_entry(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "pop");
  const Value& key = reader.need("key");
  const Value* const otherwise = reader.next("default");
  reader.done();
  auto& entries = dict_in(self).entries;
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    if (!equal(interpreter.heap(), entry->first, key)) continue;
    Value popped = std::move(entry->second);
    entries.erase(entry);
    return popped;
  }
  if (otherwise == nullptr) stop("a dict has no entry of the key that is taken out");
  return *otherwise;
}

Value update(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  Heap& heap = interpreter.heap();
  for (const Value& given : arguments.positional) {
    if (!given.is<Dict*>()) stop("a dict is updated with " + describe(given));
    const auto entries = given.as<Dict*>()->entries;  // perhaps its own
    for (const auto& [key, value] : entries) set(heap, dict_in(self), key, value);
  }
  for (const auto& [name, value] : arguments.named) set(heap, dict_in(self), heap.text(name), value);
  return Value(None{});
}

Value setdefault(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader reader(arguments, "setdefault");
  const Value& key = reader.need("key");
  const Value* const otherwise = reader.next("default");
  reader.done();
  if (const Value* const found = find(interpreter.heap(), dict_in(self), key)) return *found;
  const Value added = otherwise != nullptr ? *otherwise : Value(None{});
  set(interpreter.heap(), dict_in(self), key, added);
  return added;
}

Value copy_dict(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  ArgumentReader(arguments, "copy").done();
  interpreter.heap().step(dict_in(self).entries.size());
  return interpreter.heap().dict(dict_in(self).entries);
}

constexpr Method kDictMethods[] = {
    {"get", get},
    {"items", items},
    {"keys", keys},
    {"values", values},
    {"pop", pop_entry},
    {"update", update},
    {"setdefault", setdefault},
    {"copy", copy_dict},
};

// Loops.

Value cycle(Interpreter&, const Value& self, const Arguments& arguments) {
  if (arguments.positional.empty()) stop("loop.cycle is called without values");
  return arguments.positional[self.as<Loop*>()->index % arguments.positional.size()];
}

Value changed(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
  Loop& loop = *self.as<Loop*>();
  bool same = loop.has_changed && loop.last_changed.size() == arguments.positional.size();
  for (size_t i = 0; same && i < arguments.positional.size(); ++i)
    same = equal(interpreter.heap(), loop.last_changed[i], arguments.positional[i]);
  if (same) return Value(false);
  loop.has_changed = true;
  loop.last_changed = arguments.positional;
  return Value(true);
}

constexpr Method kLoopMethods[] = {{"cycle", cycle}, {"changed", changed}};

const Method* find_in(std::span<const Method> methods, std::string_view name) {
  const auto found = std::ranges::find(methods, name, &Method::name);
  return found == methods.end() ? nullptr : &*found;
}

}  // namespace

const Method* find_list_method(const List& list, std::string_view name) {
  return list.is_tuple ? find_in(kTupleMethods, name) : find_in(kListMethods, name);
}

const Method* find_dict_method(std::string_view name) {
  return find_in(kDictMethods, name);
}

const Method* find_loop_method(std::string_view name) {
  return find_in(kLoopMethods, name);
}

const Method* find_method(const Value& self, std::string_view name) {
  if (self.is_text()) return find_text_method(name);
  if (self.is<List*>()) return find_list_method(*self.as<List*>(), name);
  if (self.is<Dict*>()) return find_dict_method(name);
  if (self.is<Loop*>()) return find_loop_method(name);
  return nullptr;
}

}  // namespace kvasir::engine::jinja
