#pragma once

#include <string_view>

namespace kvasir::storage {

// Released: never edit it, add a step. docs/formats/database.md says what the columns mean.
inline constexpr std::string_view kV005Context = R"sql(
ALTER TABLE conversations ADD COLUMN context_policy INTEGER NOT NULL DEFAULT 0 CHECK (context_policy BETWEEN 0 AND 2);
ALTER TABLE messages ADD COLUMN context_summary TEXT;
)sql";

}  // namespace kvasir::storage
