#pragma once

#include <string_view>

namespace kvasir::storage {

// Released: never edit it, add a step. docs/formats/database.md says what the columns mean.
inline constexpr std::string_view kV006CollapsedFolders = R"sql(
ALTER TABLE folders ADD COLUMN collapsed INTEGER NOT NULL DEFAULT 0 CHECK (collapsed IN (0, 1));
)sql";

}  // namespace kvasir::storage
