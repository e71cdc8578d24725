#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace kvasir::app {

/// When something was said, in Unix milliseconds; 0 where `date` is none of the forms that versions of
/// SillyTavern have written: Unix seconds or milliseconds, "2024-03-01T12:30:00.000Z" (or with an offset, as
/// in "+02:00"), "2024-3-1 @12h 30m 00s 000ms" with or without blanks, "March 1, 2024 12:30pm". What names no
/// time zone is local time.
int64_t sillytavern_date_ms(const nlohmann::json& date);

}  // namespace kvasir::app
