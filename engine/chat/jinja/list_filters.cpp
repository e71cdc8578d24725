#include "engine/chat/jinja/arithmetic.h"
#include "engine/chat/jinja/attribute_path.h"
#include "engine/chat/jinja/filters.h"
#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/text_functions.h"
#include "engine/chat/jinja/write.h"

#include <algorithm>

namespace kvasir::engine::jinja {
namespace {

/// What is compared of an item: an attribute where one is named, in lower case unless case counts.
struct Key {
  Heap& heap;
  const Value* attribute;  // may be null
  bool case_sensitive;

  Value operator()(const Value& item) const {
    Value key = attribute != nullptr && !attribute->is<None>() ? attribute_at(heap, item, *attribute) : item;
    return key.is_text() && !case_sensitive ? lower(heap, key.text()) : key;
  }
};

/// Items with their keys, by which they are sorted; equal ones stay in order.
std::vector<std::pair<Value, Value>> sorted(Heap& heap, const std::vector<Value>& items, const Key& key,
                                            bool reverse) {
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : items) keyed.emplace_back(key(item), item);
  std::ranges::stable_sort(keyed, [&](const auto& a, const auto& b) {
    return reverse ? compare(heap, b.first, a.first) < 0 : compare(heap, a.first, b.first) < 0;
  });
  return keyed;
}

std::vector<Value> seconds(std::vector<std::pair<Value, Value>> pairs) {
  std::vector<Value> values;
  for (auto& pair : pairs) values.push_back(std::move(pair.second));
  return values;
}

Value sort(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "sort");
  const bool reverse = reader.flag("reverse", false);
  const bool case_sensitive = reader.flag("case_sensitive", false);
  const Value* const attribute = reader.next("attribute");
  reader.done();
  Heap& heap = interpreter.heap();
  const Key key{heap, attribute, case_sensitive};
  return heap.list(seconds(sorted(heap, items_of(heap, input), key, reverse)));
}

Value unique(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "unique");
  const bool case_sensitive = reader.flag("case_sensitive", false);
  const Value* const attribute = reader.next("attribute");
  reader.done();
  Heap& heap = interpreter.heap();
  const Key key{heap, attribute, case_sensitive};
  std::vector<Value> seen;
  std::vector<Value> kept;
  for (const Value& item : items_of(heap, input)) {
    const Value this_key = key(item);
    if (std::ranges::any_of(seen, [&](const Value& other) { return equal(heap, other, this_key); })) continue;
    seen.push_back(this_key);
    kept.push_back(item);
  }
  return heap.list(std::move(kept));
}

template <bool kGreatest>
Value extreme(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, kGreatest ? "max" : "min");
  const bool case_sensitive = reader.flag("case_sensitive", false);
  const Value* const attribute = reader.next("attribute");
  reader.done();
  Heap& heap = interpreter.heap();
  const Key key{heap, attribute, case_sensitive};
  Value best;
  Value best_key;
  bool first = true;
  for (const Value& item : items_of(heap, input)) {
    const Value this_key = key(item);
    if (!first) {
      const int order = compare(heap, this_key, best_key);
      if (kGreatest ? order != 1 : order >= 0) continue;
    }
    first = false;
    best = item;
    best_key = this_key;
  }
  return best;
}

Value dictsort(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "dictsort");
  const bool case_sensitive = reader.flag("case_sensitive", false);
  const Text* const by = reader.text_or_none("by");
  const bool reverse = reader.flag("reverse", false);
  reader.done();
  Heap& heap = interpreter.heap();
  if (!input.is<Dict*>()) stop("dictsort is given " + describe(input));
  std::vector<Value> pairs;
  for (const auto& [key, value] : input.as<Dict*>()->entries) pairs.push_back(heap.list({key, value}, true));
  const Value position(int64_t{by != nullptr && by->bytes() == "value"});
  return heap.list(seconds(sorted(heap, pairs, Key{heap, &position, case_sensitive}, reverse)));
}

Value groupby(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "groupby");
  const Value attribute = reader.need("attribute");
  const Value* const otherwise = reader.next("default");
  const bool case_sensitive = reader.flag("case_sensitive", false);
  reader.done();
  Heap& heap = interpreter.heap();
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : items_of(heap, input)) {
    Value key = attribute_at(heap, item, attribute);
    if (key.is<Undefined>() && otherwise != nullptr) key = *otherwise;
    keyed.emplace_back(key, item);
  }
  const Key fold{heap, nullptr, case_sensitive};
  std::ranges::stable_sort(
      keyed, [&](const auto& a, const auto& b) { return compare(heap, fold(a.first), fold(b.first)) < 0; });
  std::vector<Value> groups;
  for (size_t i = 0; i < keyed.size();) {
    const size_t first = i;
    std::vector<Value> members;
    for (; i < keyed.size() && equal(heap, fold(keyed[i].first), fold(keyed[first].first)); ++i)
      members.push_back(keyed[i].second);
    groups.push_back(heap.list({keyed[first].first, heap.list(std::move(members))}, true));
    if (i == first) break;  // a key that does not equal itself
  }
  return heap.list(std::move(groups));
}

Value join_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "join");
  Heap& heap = interpreter.heap();
  const Value* const given = reader.next("d");
  const Value* const attribute = reader.next("attribute");
  reader.done();
  const Value separator = given == nullptr ? heap.text("") : to_text(heap, *given);
  std::vector<Value> items = items_of(heap, input);
  if (attribute != nullptr && !attribute->is<None>())
    for (Value& item : items) item = attribute_at(heap, item, *attribute);
  return join(heap, items, separator.text());
}

Value first(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "first").done();
  const auto items = items_of(interpreter.heap(), input);
  return items.empty() ? Value() : items.front();
}

Value last(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "last").done();
  const auto items = items_of(interpreter.heap(), input);
  return items.empty() ? Value() : items.back();
}

Value reverse_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "reverse").done();
  Heap& heap = interpreter.heap();
  std::vector<Value> items = items_of(heap, input);
  std::ranges::reverse(items);
  return input.is_text() ? join(heap, items, Text()) : heap.list(std::move(items));
}

Value list(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader(arguments, "list").done();
  return interpreter.heap().list(items_of(interpreter.heap(), input));
}

Value sum(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "sum");
  const Value* const attribute = reader.next("attribute");
  const Value* const start = reader.next("start");
  reader.done();
  Heap& heap = interpreter.heap();
  Value total = start == nullptr ? Value(int64_t{0}) : *start;
  for (const Value& item : items_of(heap, input)) {
    const bool has_attribute = attribute != nullptr && !attribute->is<None>();
    total = calculate(heap, BinaryOperator::Add, total,
                      has_attribute ? attribute_at(heap, item, *attribute) : item);
  }
  return total;
}

Value batch(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "batch");
  const int64_t size = reader.integer("linecount");
  const Value* const filling = reader.next("fill_with");
  reader.done();
  if (size < 1) stop("batch makes groups of less than one");
  Heap& heap = interpreter.heap();
  const auto items = items_of(heap, input);
  std::vector<Value> groups;
  for (size_t at = 0; at < items.size();) {
    const size_t count = std::min(items.size() - at, static_cast<size_t>(size));
    const auto begin = items.begin() + static_cast<ptrdiff_t>(at);
    std::vector<Value> group(begin, begin + static_cast<ptrdiff_t>(count));
    const size_t missing = filling == nullptr || filling->is<None>() ? 0 : static_cast<size_t>(size) - count;
    if (missing > kMaxRangeItems) stop_at_limit("a group of more than " + std::to_string(kMaxRangeItems));
    for (size_t i = 0; i < missing; ++i) group.push_back(*filling);
    groups.push_back(heap.list(std::move(group)));
    at += count;
  }
  return heap.list(std::move(groups));
}

constexpr Filter kListFilters[] = {
    {"join", join_filter},  {"first", first},       {"last", last},       {"reverse", reverse_filter},
    {"list", list},         {"sort", sort},         {"unique", unique},   {"min", extreme<false>},
    {"max", extreme<true>}, {"dictsort", dictsort}, {"groupby", groupby}, {"sum", sum},
    {"batch", batch},
};

}  // namespace

std::span<const Filter> list_filters() {
  return kListFilters;
}

}  // namespace kvasir::engine::jinja
