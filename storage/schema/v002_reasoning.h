#pragma once

#include <string_view>

namespace kvasir::storage {

// Released: never edit it, add a step. docs/formats/database.md says what the columns mean.
inline constexpr std::string_view kV002Reasoning = R"sql(
ALTER TABLE messages ADD COLUMN reasoning TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN reasoning_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN reasoning_ms REAL NOT NULL DEFAULT 0;
)sql";

}  // namespace kvasir::storage
