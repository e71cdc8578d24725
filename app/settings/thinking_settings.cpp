#include "app/settings/thinking_settings.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace kvasir::app {
namespace {

constexpr std::string_view kOnKey = "thinking.on";
constexpr std::string_view kMaxTokensKey = "thinking.max_tokens";

std::optional<uint32_t> parse(const std::string& text) {
  int32_t value = 0;  // what the window can show
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0 || end != text.data() + text.size()) return std::nullopt;
  return static_cast<uint32_t>(value);
}

}  // namespace

storage::Result<ThinkingSettings> read_thinking_settings(storage::ConversationStore& store) {
  const auto on = store.setting(kOnKey);
  if (!on) return tl::unexpected(on.error());
  const auto max_tokens = store.setting(kMaxTokensKey);
  if (!max_tokens) return tl::unexpected(max_tokens.error());
  ThinkingSettings settings;
  if (*on) settings.on = **on != "0";
  if (*max_tokens) settings.max_tokens = parse(**max_tokens).value_or(settings.max_tokens);
  return settings;
}

storage::Result<void> keep_thinking_settings(storage::ConversationStore& store,
                                             const ThinkingSettings& settings) {
  return store.set_setting(kOnKey, settings.on ? "1" : "0").and_then([&] {
    return store.set_setting(kMaxTokensKey, std::to_string(settings.max_tokens));
  });
}

}  // namespace kvasir::app
