#include "app/transfer/sillytavern_date.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace kvasir::app {
namespace {

constexpr double kMaxUnixMs = 1e14;
/// Smaller numbers are seconds: as milliseconds they would be before 1973.
constexpr double kLeastUnixMs = 1e11;

/// A time as it is written, with a month from 1 to 12.
struct Written {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::optional<int> zone_minutes;  ///< east of Greenwich; none: local time
};

int64_t unix_ms(const Written& written) {
  std::tm time{};
  time.tm_year = written.year - 1900;
  time.tm_mon = written.month - 1;
  time.tm_mday = written.day;
  time.tm_hour = written.hour;
  time.tm_min = written.minute;
  time.tm_sec = written.second;
  time.tm_isdst = -1;
  const int64_t seconds =
      written.zone_minutes ? int64_t{timegm(&time)} - *written.zone_minutes * 60 : int64_t{mktime(&time)};
  return std::max<int64_t>(0, seconds * 1000);
}

/// "Z", "+02:00", or nothing that is known.
std::optional<int> zone_from(std::string_view text) {
  if (text == "Z") return 0;
  char sign = 0;
  int hours = 0, minutes = 0;
  if (std::sscanf(std::string(text).c_str(), "%c%2d:%2d", &sign, &hours, &minutes) != 3) return std::nullopt;
  if (sign != '+' && sign != '-') return std::nullopt;
  return (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
}

std::optional<Written> from_iso(const std::string& text) {
  Written w;
  int length = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &w.year, &w.month, &w.day, &w.hour, &w.minute,
                  &w.second, &length) != 6)
    return std::nullopt;
  const size_t zone = text.find_first_not_of(".0123456789", static_cast<size_t>(length));
  if (zone != std::string::npos) w.zone_minutes = zone_from(std::string_view(text).substr(zone));
  return w;
}

std::optional<Written> from_file_name_form(const std::string& text) {
  Written w;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d @%2dh %2dm %2ds", &w.year, &w.month, &w.day, &w.hour, &w.minute,
                  &w.second) != 6)
    return std::nullopt;
  return w;
}

std::optional<Written> from_words(const std::string& text) {
  constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                        "May",       "June",     "July",     "August",
                                                        "September", "October",  "November", "December"};
  Written w;
  char month[16] = {}, half[3] = {};
  if (std::sscanf(text.c_str(), "%15[A-Za-z] %2d, %4d %2d:%2d%2[apm]", month, &w.day, &w.year, &w.hour,
                  &w.minute, half) != 6)
    return std::nullopt;
  const auto found = std::ranges::find(kMonths, std::string_view(month));
  if (found == kMonths.end()) return std::nullopt;
  w.month = static_cast<int>(found - kMonths.begin()) + 1;
  w.hour = w.hour % 12 + (std::string_view(half) == "pm" ? 12 : 0);
  return w;
}

}  // namespace

int64_t sillytavern_date_ms(const nlohmann::json& date) {
  if (date.is_number()) {
    const double number = std::clamp(date.get<double>(), 0.0, kMaxUnixMs);
    return static_cast<int64_t>(number < kLeastUnixMs ? number * 1000 : number);
  }
  if (!date.is_string()) return 0;
  const std::string text = date.get<std::string>();
  for (const auto read : {from_iso, from_file_name_form, from_words})
    if (const auto written = read(text)) return unix_ms(*written);
  return 0;
}

}  // namespace kvasir::app
