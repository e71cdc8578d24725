#pragma once

#include <string_view>

namespace kvasir::storage {

// Released: never edit it, add a step. docs/formats/database.md says what the columns mean.
inline constexpr std::string_view kV008AnswerSettings = R"sql(
ALTER TABLE conversations ADD COLUMN answer_settings TEXT NOT NULL DEFAULT '';
)sql";

}  // namespace kvasir::storage
