#pragma once

#include <string_view>

namespace kvasir::storage {

// Released: never edit it, add a step. docs/formats/database.md says what the columns mean.
inline constexpr std::string_view kV007Edited = R"sql(
ALTER TABLE messages ADD COLUMN edited INTEGER NOT NULL DEFAULT 0 CHECK (edited IN (0, 1));
)sql";

}  // namespace kvasir::storage
