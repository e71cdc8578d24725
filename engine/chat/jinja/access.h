#pragma once

#include "engine/chat/jinja/operations.h"

#include <optional>
#include <string>
#include <string_view>

namespace kvasir::engine::jinja {

/// `object.name`: a method or attribute first, then a dict's entry, else undefined. `remembered`, which lives
/// as long as the rendering, names what is not there in messages; it may be null.
Value attribute(Heap& heap, const Value& object, std::string_view name,
                const std::string* remembered = nullptr);

/// `object[key]`: an entry or item first, then an attribute, else undefined.
Value item(Heap& heap, const Value& object, const Value& key);

/// `object[begin:end:step]` as in Python, of characters where the object is a text.
Value slice(Heap& heap, const Value& object, std::optional<int64_t> begin, std::optional<int64_t> end,
            std::optional<int64_t> step);

}  // namespace kvasir::engine::jinja
