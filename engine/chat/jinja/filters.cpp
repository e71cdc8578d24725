#include "engine/chat/jinja/filters.h"

#include <algorithm>

namespace kvasir::engine::jinja {

const Filter* find_filter(std::string_view name) {
  for (const auto filters : {text_filters(), list_filters(), selecting_filters(), value_filters()}) {
    const auto found = std::ranges::find(filters, name, &Filter::name);
    if (found != filters.end()) return &*found;
  }
  return nullptr;
}

}  // namespace kvasir::engine::jinja
