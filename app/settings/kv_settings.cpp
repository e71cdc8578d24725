#include "app/settings/kv_settings.h"

#include "storage/base/try.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace kvasir::app {
namespace {

constexpr std::string_view kQuotaKey = "kv/quota_bytes";
constexpr std::string_view kTimeToLiveKey = "kv/time_to_live_days";
constexpr std::string_view kEncryptKey = "kv/encrypt";

/// `fallback` where the text is no number from 0 to `most`.
template <class Number>
Number number_or(const std::optional<std::string>& text, Number most, Number fallback) {
  if (!text) return fallback;
  Number value = 0;
  const char* const end_of_text = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), end_of_text, value);
  return error == std::errc() && end == end_of_text && value <= most ? value : fallback;
}

}  // namespace

storage::DiskBlockStoreLimits KvSettings::limits() const {
  storage::DiskBlockStoreLimits limits;
  limits.quota_bytes = quota_bytes;
  limits.time_to_live = std::chrono::hours(24) * time_to_live_days;
  return limits;
}

storage::Result<KvSettings> read_kv_settings(storage::ConversationStore& store) {
  KVASIR_TRY_ASSIGN(const auto quota, store.setting(kQuotaKey));
  KVASIR_TRY_ASSIGN(const auto days, store.setting(kTimeToLiveKey));
  KVASIR_TRY_ASSIGN(const auto encrypt, store.setting(kEncryptKey));
  KvSettings settings;
  settings.quota_bytes = number_or<uint64_t>(quota, INT64_MAX, settings.quota_bytes);
  settings.time_to_live_days = number_or(days, kMostDaysToLive, settings.time_to_live_days);
  settings.encrypt = encrypt != "0";
  return settings;
}

storage::Result<void> keep_kv_settings(storage::ConversationStore& store, const KvSettings& settings) {
  KVASIR_TRY(store.set_setting(kQuotaKey, std::to_string(settings.quota_bytes)));
  KVASIR_TRY(store.set_setting(kTimeToLiveKey, std::to_string(settings.time_to_live_days)));
  return store.set_setting(kEncryptKey, settings.encrypt ? "1" : "0");
}

}  // namespace kvasir::app
