#include "app/transfer/sillytavern_chat.h"

#include "app/transfer/json_chats.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace kvasir::app {
namespace {

using nlohmann::json;
using storage::ChatRecord;
using storage::MessageRole;

constexpr double kMaxUnixMs = 1e14;

/// Null where the line is no JSON, or nested deeper than chats are.
json parse_line(const std::string& line) {
  bool too_deep = false;
  const auto parsed = json::parse(
      line,
      [&](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > kMaxJsonDepth;
        return !too_deep;
      },
      false);
  return too_deep || parsed.is_discarded() ? json() : parsed;
}

/// Unix milliseconds, "2024-03-01T12:30:00.000Z" or "2024-3-1 @12h 30m 00s 000ms"; 0 where it is none of
/// them.
int64_t time_ms(const json& date) {
  if (date.is_number()) return static_cast<int64_t>(std::clamp(date.get<double>(), 0.0, kMaxUnixMs));
  if (!date.is_string()) return 0;
  const std::string text = date.get<std::string>();
  std::tm time{};
  const bool iso = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d", &time.tm_year, &time.tm_mon,
                               &time.tm_mday, &time.tm_hour, &time.tm_min, &time.tm_sec) == 6;
  if (!iso && std::sscanf(text.c_str(), "%4d-%2d-%2d @%2dh %2dm %2ds", &time.tm_year, &time.tm_mon,
                          &time.tm_mday, &time.tm_hour, &time.tm_min, &time.tm_sec) != 6)
    return 0;
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  time.tm_isdst = -1;
  return std::max<int64_t>(0, int64_t{iso ? timegm(&time) : mktime(&time)} * 1000);
}

/// The message's texts, of which `chosen` is gone on with.
std::vector<std::string> swipes_of(const json& message, size_t& chosen) {
  std::vector<std::string> texts;
  if (const json& swipes = value_at(message, "swipes"); swipes.is_array())
    for (const json& swipe : swipes)
      if (swipe.is_string()) texts.push_back(swipe.get<std::string>());
  if (texts.size() < 2) texts = {text_at(message, "mes")};
  const int64_t id = integer_at(message, "swipe_id");
  chosen = id >= 0 && static_cast<size_t>(id) < texts.size() ? static_cast<size_t>(id) : texts.size() - 1;
  texts[chosen] = text_at(message, "mes");  // edited, it is newer than its swipe
  return texts;
}

void add_message(ChatRecord& chat, const json& message) {
  size_t chosen = 0;
  const auto texts = swipes_of(message, chosen);
  const auto parent = chat.shown_leaf;
  const size_t first = chat.messages.size();
  const json& extra = value_at(message, "extra");
  for (size_t i = 0; i < texts.size(); ++i) {
    ChatRecord::Message added;
    added.parent = parent;
    added.content.role = truth_at(message, "is_user") ? MessageRole::User : MessageRole::Assistant;
    added.content.text = texts[i];
    added.content.created_at_ms = time_ms(value_at(message, "send_date"));
    if (i == chosen && added.content.role == MessageRole::Assistant) {
      added.content.model = text_at(extra, "model");
      added.content.reasoning = text_at(extra, "reasoning");
      added.content.reasoning_ms = std::max(0.0, number_at(extra, "reasoning_duration"));
    }
    chat.messages.push_back(std::move(added));
  }
  chat.shown_leaf = first + chosen;
}

}  // namespace

Outcome<ChatRecord> chat_from_sillytavern(std::istream& in, const std::string& name) {
  ChatRecord chat;
  chat.title = name;
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line == "\r") continue;
    const json message = parse_line(line);
    if (!message.is_object())
      return tl::unexpected<Failure>("Its line " + std::to_string(number) + " is no valid JSON.");
    if (number == 1 && !message.contains("mes")) {
      if (!text_at(message, "character_name").empty()) chat.title = text_at(message, "character_name");
      chat.created_at_ms = time_ms(value_at(message, "create_date"));
      continue;
    }
    if (truth_at(message, "is_system")) continue;
    if (!value_at(message, "mes").is_string())
      return tl::unexpected<Failure>("Its line " + std::to_string(number) + " is no message.");
    add_message(chat, message);
  }
  if (chat.messages.empty()) return tl::unexpected<Failure>("It holds no messages.");
  return chat;
}

}  // namespace kvasir::app
