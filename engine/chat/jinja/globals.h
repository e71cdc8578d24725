#pragma once

#include "engine/chat/jinja/heap.h"

#include <string_view>
#include <utility>
#include <vector>

namespace kvasir::engine::jinja {

/// The functions that every chat template may call: `range`, `namespace`, `dict`, `raise_exception`
/// and `strftime_now`.
std::vector<std::pair<std::string_view, Value>> global_functions(Heap& heap);

}  // namespace kvasir::engine::jinja
