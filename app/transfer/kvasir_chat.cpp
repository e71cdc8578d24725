#include "app/transfer/kvasir_chat.h"

#include "app/services/hex.h"
#include "app/settings/answer_settings.h"
#include "app/settings/context_settings.h"
#include "app/transfer/json_chats.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

namespace kvasir::app {
namespace {

using nlohmann::json;
using storage::ChatRecord;
using storage::MessageRole;
using storage::MessageStatus;
using storage::MessageUsage;
using storage::StoredMessage;

/// By the values of MessageStatus.
constexpr std::array kStatusNames = {"complete", "streaming", "stopped", "length", "failed", "interrupted"};

void put(json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

uint32_t count_at(const json& object, const char* key) {
  return static_cast<uint32_t>(
      std::clamp<int64_t>(integer_at(object, key), 0, std::numeric_limits<uint32_t>::max()));
}

json usage_to_json(const MessageUsage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"prompt_cache_hit_tokens", usage.prompt_cache_hit_tokens},
          {"prompt_cache_disk_tokens", usage.prompt_cache_disk_tokens},
          {"prompt_cache_miss_tokens", usage.prompt_cache_miss_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"ttft_ms", usage.ttft_ms},
          {"prefill_tokens_per_second", usage.prefill_tokens_per_second},
          {"decode_tokens_per_second", usage.decode_tokens_per_second}};
}

std::optional<MessageUsage> usage_from_json(const json& usage) {
  if (!usage.is_object()) return std::nullopt;
  MessageUsage read;
  read.prompt_tokens = count_at(usage, "prompt_tokens");
  read.prompt_cache_hit_tokens = count_at(usage, "prompt_cache_hit_tokens");
  read.prompt_cache_disk_tokens = count_at(usage, "prompt_cache_disk_tokens");
  read.prompt_cache_miss_tokens = count_at(usage, "prompt_cache_miss_tokens");
  read.completion_tokens = count_at(usage, "completion_tokens");
  read.ttft_ms = number_at(usage, "ttft_ms");
  read.prefill_tokens_per_second = number_at(usage, "prefill_tokens_per_second");
  read.decode_tokens_per_second = number_at(usage, "decode_tokens_per_second");
  return read;
}

json message_to_json(const ChatRecord::Message& message) {
  const StoredMessage& content = message.content;
  json object = {{"role", content.role == MessageRole::Assistant ? "assistant" : "user"},
                 {"text", content.text},
                 {"created_at_ms", content.created_at_ms}};
  if (message.parent) object["parent"] = *message.parent;
  if (content.status != MessageStatus::Complete)
    object["status"] = kStatusNames[static_cast<size_t>(content.status)];
  put(object, "model", content.model);
  put(object, "error", content.error);
  put(object, "reasoning", content.reasoning);
  if (content.reasoning_tokens > 0) {
    object["reasoning_tokens"] = content.reasoning_tokens;
    object["reasoning_ms"] = content.reasoning_ms;
  }
  if (!content.token_ids.empty()) {
    object["token_ids"] = content.token_ids;
    object["vocabulary_hash"] = to_hex(content.vocabulary_hash);
  }
  if (content.usage) object["usage"] = usage_to_json(*content.usage);
  if (content.context_summary) object["context_summary"] = *content.context_summary;
  if (content.edited) object["edited"] = true;
  return object;
}

MessageStatus status_from(const std::string& name) {
  const auto* const found = std::find(kStatusNames.begin(), kStatusNames.end(), name);
  if (found == kStatusNames.end()) return MessageStatus::Complete;
  const auto status = static_cast<MessageStatus>(found - kStatusNames.begin());
  return status == MessageStatus::Streaming ? MessageStatus::Interrupted : status;
}

/// All of them, or none where something is no id.
std::vector<int32_t> ids_from(const json& list) {
  std::vector<int32_t> ids;
  if (!list.is_array()) return ids;
  for (const json& id : list) {
    const int64_t value = id.is_number_integer() ? id.get<int64_t>() : -1;
    if (value < 0 || value > std::numeric_limits<int32_t>::max()) return {};
    ids.push_back(static_cast<int32_t>(value));
  }
  return ids;
}

/// `index`: its own, above that of the message it follows.
Outcome<ChatRecord::Message> message_from_json(const json& object, size_t index) {
  const std::string role = text_at(object, "role");
  if (role != "user" && role != "assistant") return tl::unexpected<Failure>("a message has no role");
  if (!value_at(object, "text").is_string()) return tl::unexpected<Failure>("a message has no text");
  ChatRecord::Message message;
  if (const json& parent = value_at(object, "parent"); !parent.is_null()) {
    if (!parent.is_number_unsigned() || parent.get<uint64_t>() >= index)
      return tl::unexpected<Failure>("a message follows none before it");
    message.parent = parent.get<size_t>();
  }
  StoredMessage& content = message.content;
  content.role = role == "user" ? MessageRole::User : MessageRole::Assistant;
  content.status = status_from(text_at(object, "status"));
  content.text = text_at(object, "text");
  content.created_at_ms = integer_at(object, "created_at_ms");
  content.model = text_at(object, "model");
  content.error = text_at(object, "error");
  content.reasoning = text_at(object, "reasoning");
  content.reasoning_tokens = count_at(object, "reasoning_tokens");
  content.reasoning_ms = number_at(object, "reasoning_ms");
  content.token_ids = ids_from(value_at(object, "token_ids"));
  if (!content.token_ids.empty()) content.vocabulary_hash = from_hex(text_at(object, "vocabulary_hash"));
  content.usage = usage_from_json(value_at(object, "usage"));
  if (value_at(object, "context_summary").is_string())
    content.context_summary = text_at(object, "context_summary");
  content.edited = truth_at(object, "edited");
  return message;
}

}  // namespace

std::string chat_to_json(const ChatRecord& chat) {
  json object = {{"title", chat.title},
                 {"created_at_ms", chat.created_at_ms},
                 {"updated_at_ms", chat.updated_at_ms},
                 {"messages", json::array()}};
  put(object, "system_text", chat.system_text);
  put(object, "system_prompt", chat.system_prompt_name);
  put(object, "folder", chat.folder_name);
  put(object, "draft", chat.draft);
  if (chat.pinned) object["pinned"] = true;
  if (chat.context_policy != storage::ContextPolicy::Stop)
    object["context_policy"] = context_policy_name(chat.context_policy);
  if (const auto settings = AnswerSettings::from_json(chat.answer_settings); !settings.empty())
    object["answer_settings"] = json::parse(settings.to_json());
  if (chat.shown_leaf) object["shown"] = *chat.shown_leaf;
  for (const auto& message : chat.messages) object["messages"].push_back(message_to_json(message));
  // What is no UTF-8 must not keep all the rest from being carried along.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Outcome<ChatRecord> chat_from_json(const json& object) {
  const json& messages = value_at(object, "messages");
  if (!messages.is_array()) return tl::unexpected<Failure>("a chat has no list of messages");
  ChatRecord chat;
  chat.title = text_at(object, "title");
  chat.system_text = text_at(object, "system_text");
  chat.system_prompt_name = text_at(object, "system_prompt");
  chat.folder_name = text_at(object, "folder");
  chat.draft = text_at(object, "draft");
  chat.pinned = truth_at(object, "pinned");
  chat.context_policy = context_policy_named(text_at(object, "context_policy"));
  chat.answer_settings = AnswerSettings::from_json(value_at(object, "answer_settings").dump()).to_json();
  chat.created_at_ms = integer_at(object, "created_at_ms");
  chat.updated_at_ms = integer_at(object, "updated_at_ms");
  for (const json& message : messages) {
    auto read = message_from_json(message, chat.messages.size());
    if (!read) return tl::unexpected(read.error());
    chat.messages.push_back(std::move(*read));
  }
  if (const json& shown = value_at(object, "shown"); shown.is_number_unsigned())
    if (const auto index = shown.get<size_t>(); index < chat.messages.size()) chat.shown_leaf = index;
  if (!chat.shown_leaf && !chat.messages.empty()) chat.shown_leaf = chat.messages.size() - 1;
  return chat;
}

}  // namespace kvasir::app
