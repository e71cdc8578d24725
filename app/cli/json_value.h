#pragma once

#include "engine/chat/jinja/heap.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace kvasir::app {

/// JSON as a template sees it, keys in their order. Texts are as if the template had written them.
/// Throws engine::jinja::Failure where it is too large for the heap or nested too deeply.
inline engine::jinja::Value to_value(const nlohmann::ordered_json& json, engine::jinja::Heap& heap,
                                     unsigned depth = 0) {
  using engine::jinja::Value;
  if (depth > engine::jinja::kMaxValueDepth) engine::jinja::stop("the JSON is nested too deeply");
  switch (json.type()) {
    case nlohmann::json::value_t::string:
      return heap.text(json.get_ref<const std::string&>());
    case nlohmann::json::value_t::boolean:
      return Value(json.get<bool>());
    case nlohmann::json::value_t::number_unsigned:
      if (json.get<uint64_t>() > INT64_MAX) return Value(json.get<double>());
      return Value(json.get<int64_t>());
    case nlohmann::json::value_t::number_integer:
      return Value(json.get<int64_t>());
    case nlohmann::json::value_t::number_float:
      return Value(json.get<double>());
    case nlohmann::json::value_t::array: {
      std::vector<Value> items;
      for (const auto& item : json) items.push_back(to_value(item, heap, depth + 1));
      return heap.list(std::move(items));
    }
    case nlohmann::json::value_t::object: {
      std::vector<std::pair<Value, Value>> entries;
      for (const auto& [key, value] : json.items())
        entries.emplace_back(heap.text(key), to_value(value, heap, depth + 1));
      return heap.dict(std::move(entries));
    }
    default:
      return Value(engine::jinja::None{});
  }
}

}  // namespace kvasir::app
