#pragma once

#include "engine/chat/jinja/heap.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine::jinja {

// What Python's operators and built-in functions do with values of any kind.

bool truthy(const Value& value);
/// As Python names the type in its messages: "str", "list", "Undefined".
std::string_view type_name(const Value& value);
/// What a value is called in messages: "'x', which is not defined", "a value of type str".
std::string describe(const Value& value);

/// An integer or a boolean, which is one in Python.
std::optional<int64_t> as_integer(const Value& value);
/// Whether `as_number` gives one.
bool is_number(const Value& value);
std::optional<double> as_number(const Value& value);

bool equal(Heap& heap, const Value& a, const Value& b, unsigned depth = 0);
/// -1, 0 or 1; 2 where one of two numbers is NaN. Stops where the types have no order.
int compare(Heap& heap, const Value& a, const Value& b, unsigned depth = 0);
bool contains(Heap& heap, const Value& container, const Value& item);
bool same_object(const Value& a, const Value& b);

/// Python's `len`; an undefined value's is 0.
size_t length(const Value& value);
/// What a `for` goes through: a list's items, a dict's keys, a text's characters, nothing for an undefined
/// value.
std::vector<Value> items_of(Heap& heap, const Value& value);
bool is_iterable(const Value& value);

/// The entry's value; null where there is none.
Value* find(Heap& heap, Dict& dict, const Value& key);
Value* find(Dict& dict, std::string_view key);
void set(Heap& heap, Dict& dict, const Value& key, Value value);
Value* find(Namespace& space, std::string_view name);
void set(Heap& heap, Namespace& space, std::string_view name, Value value);

/// The first place of `part` at or after `from`, npos where there is none; in linear time.
size_t find_bytes(Heap& heap, std::string_view text, std::string_view part, size_t from = 0);

}  // namespace kvasir::engine::jinja
