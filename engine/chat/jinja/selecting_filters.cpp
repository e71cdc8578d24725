#include "engine/chat/jinja/attribute_path.h"
#include "engine/chat/jinja/filters.h"
#include "engine/chat/jinja/interpreter.h"
#include "engine/chat/jinja/tests.h"

#include <algorithm>

namespace kvasir::engine::jinja {
namespace {

/// The arguments after the first `count`.
Arguments rest_of(const Arguments& arguments, size_t count) {
  Arguments rest;
  rest.named = arguments.named;
  for (size_t i = count; i < arguments.positional.size(); ++i)
    rest.positional.push_back(arguments.positional[i]);
  return rest;
}

const std::string& name_at(const Arguments& arguments, size_t position, const char* what) {
  if (position >= arguments.positional.size() || !arguments.positional[position].is_text())
    stop(std::string(what) + " is called without a name");
  return arguments.positional[position].text().bytes();
}

Value map_attribute(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  ArgumentReader reader(arguments, "map");
  const Value& attribute = reader.need("attribute");
  const Value* const otherwise = reader.next("default");
  reader.done();
  Heap& heap = interpreter.heap();
  std::vector<Value> items = items_of(heap, input);
  for (Value& item : items) {
    item = attribute_at(heap, item, attribute);
    if (item.is<Undefined>() && otherwise != nullptr) item = *otherwise;
  }
  return heap.list(std::move(items));
}

Value map(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  if (arguments.positional.empty()) return map_attribute(interpreter, input, arguments);
  const std::string& name = name_at(arguments, 0, "map");
  const Filter* const filter = find_filter(name);
  if (filter == nullptr) stop("there is no filter '" + name + "'");
  const Arguments rest = rest_of(arguments, 1);
  std::vector<Value> items = items_of(interpreter.heap(), input);
  for (Value& item : items) {
    interpreter.heap().step();
    item = filter->apply(interpreter, item, rest);
  }
  return interpreter.heap().list(std::move(items));
}

/// `kWanted`: whether items stay of which the test holds; `kAttribute`: whether it is asked of an attribute,
/// the first argument.
template <bool kWanted, bool kAttribute>
Value select(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
  constexpr size_t kName = kAttribute ? 1 : 0;
  if (kAttribute && arguments.positional.empty()) stop("a filter is called without an attribute");
  const Test* test = nullptr;
  Arguments rest;
  if (arguments.positional.size() > kName) {
    const std::string& name = name_at(arguments, kName, "a filter");
    test = find_test(name);
    if (test == nullptr) stop("there is no test '" + name + "'");
    rest = rest_of(arguments, kName + 1);
  }
  Heap& heap = interpreter.heap();
  const auto stays = [&](const Value& item) {
    heap.step();
    const Value asked = kAttribute ? attribute_at(heap, item, arguments.positional.front()) : item;
    return (test == nullptr ? truthy(asked) : test->holds(interpreter, asked, rest)) == kWanted;
  };
  std::vector<Value> kept;
  for (Value& item : items_of(heap, input))
    if (stays(item)) kept.push_back(std::move(item));
  return heap.list(std::move(kept));
}

constexpr Filter kSelectingFilters[] = {
    {"map", map},
    {"select", select<true, false>},
    {"reject", select<false, false>},
    {"selectattr", select<true, true>},
    {"rejectattr", select<false, true>},
};

}  // namespace

std::span<const Filter> selecting_filters() {
  return kSelectingFilters;
}

}  // namespace kvasir::engine::jinja
