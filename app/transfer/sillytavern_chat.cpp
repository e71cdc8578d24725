#include "app/transfer/sillytavern_chat.h"

#include "app/transfer/json_chats.h"
#include "app/transfer/sillytavern_date.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kvasir::app {
namespace {

using nlohmann::json;
using storage::ChatRecord;
using storage::MessageRole;

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

/// What is told of swipe `i`: of the chosen one by the message itself, of the others by its `swipe_info`.
const json& told_of(const json& message, size_t i, size_t chosen) {
  if (i == chosen) return message;
  static const json kNothing;
  const json& infos = value_at(message, "swipe_info");
  return infos.is_array() && i < infos.size() ? infos[i] : kNothing;
}

void add_message(ChatRecord& chat, const json& message) {
  size_t chosen = 0;
  const auto texts = swipes_of(message, chosen);
  const auto parent = chat.shown_leaf;
  const size_t first = chat.messages.size();
  for (size_t i = 0; i < texts.size(); ++i) {
    const json& told = told_of(message, i, chosen);
    const json& extra = value_at(told, "extra");
    ChatRecord::Message added;
    added.parent = parent;
    added.content.role = truth_at(message, "is_user") ? MessageRole::User : MessageRole::Assistant;
    added.content.text = texts[i];
    const json& date = value_at(told, "send_date");
    added.content.created_at_ms = sillytavern_date_ms(date.is_null() ? value_at(message, "send_date") : date);
    if (added.content.role == MessageRole::Assistant) {
      added.content.model = text_at(extra, "model");
      added.content.reasoning = text_at(extra, "reasoning");
      added.content.reasoning_ms = std::max(0.0, number_at(extra, "reasoning_duration"));
    }
    chat.messages.push_back(std::move(added));
  }
  chat.shown_leaf = first + chosen;
}

/// The character whom the chat is with: the header's, or, since newer versions write "unused" there, who
/// speaks first of those that are not the person.
std::string character_of(const json& line) {
  const std::string name = text_at(line, line.contains("mes") ? "name" : "character_name");
  return name == "unused" || truth_at(line, "is_user") || truth_at(line, "is_system") ? std::string() : name;
}

}  // namespace

Outcome<ChatRecord> chat_from_sillytavern(std::istream& in, const std::string& name) {
  ChatRecord chat;
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line == "\r") continue;
    const json message = parse_line(line);
    if (!message.is_object())
      return tl::unexpected<Failure>("Its line " + std::to_string(number) + " is no valid JSON.");
    if (chat.title.empty()) chat.title = character_of(message);
    if (number == 1 && !message.contains("mes")) {
      chat.created_at_ms = sillytavern_date_ms(value_at(message, "create_date"));
      continue;
    }
    if (truth_at(message, "is_system")) continue;
    if (!value_at(message, "mes").is_string())
      return tl::unexpected<Failure>("Its line " + std::to_string(number) + " is no message.");
    add_message(chat, message);
  }
  if (chat.messages.empty()) return tl::unexpected<Failure>("It holds no messages.");
  if (chat.title.empty()) chat.title = name;
  return chat;
}

}  // namespace kvasir::app
