#include "app/transfer/chatgpt_chat.h"

#include "app/transfer/json_chats.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::app {
namespace {

using nlohmann::json;
using storage::ChatRecord;
using storage::MessageRole;

constexpr double kMaxUnixSeconds = 1e11;

int64_t ms_at(const json& object, const char* key) {
  return static_cast<int64_t>(std::clamp(number_at(object, key), 0.0, kMaxUnixSeconds) * 1000);
}

void append(std::string& text, const std::string& more, const char* separator) {
  if (more.empty()) return;
  if (!text.empty()) text += separator;
  text += more;
}

/// What a marker stands for: of `entity<separator>["kind", "name", …]` the name, of citations and whatever
/// else the program draws in their place nothing.
std::string words_of_marker(std::string_view marker) {
  constexpr std::string_view kEntity = "entity\xEE\x88\x82";
  if (!marker.starts_with(kEntity)) return {};
  const json fields = json::parse(marker.substr(kEntity.size()), nullptr, /*allow_exceptions=*/false);
  const bool has_name = fields.is_array() && fields.size() > 1 && fields[1].is_string();
  return has_name ? fields[1].get<std::string>() : std::string();
}

/// `text` without the markers of its citations, which stand between U+E200 and U+E201.
std::string without_markers(std::string_view text) {
  constexpr std::string_view kBegin = "\xEE\x88\x80", kEnd = "\xEE\x88\x81";
  std::string words;
  for (;;) {
    const size_t begin = text.find(kBegin);
    const size_t end = begin == text.npos ? text.npos : text.find(kEnd, begin);
    words += text.substr(0, end == text.npos ? text.npos : begin);
    if (end == text.npos) return words;
    words += words_of_marker(text.substr(begin + kBegin.size(), end - begin - kBegin.size()));
    text.remove_prefix(end + kEnd.size());
  }
}

/// The words of a message; of pictures and sounds it says that they were there.
std::string text_of(const json& content) {
  const json& parts = value_at(content, "parts");
  if (!parts.is_array()) {
    const std::string text = text_at(content, "text");
    return text_at(content, "content_type") == "code" && !text.empty() ? "```\n" + text + "\n```" : text;
  }
  std::string text;
  for (const json& part : parts) {
    if (part.is_string())
      append(text, part.get<std::string>(), "\n\n");
    else if (value_at(part, "text").is_string())
      append(text, text_at(part, "text"), "\n\n");
    else if (part.is_object())
      append(
          text,
          "[" + (text_at(part, "content_type").empty() ? "attachment" : text_at(part, "content_type")) + "]",
          "\n\n");
  }
  return text;
}

std::string thoughts_of(const json& content) {
  std::string text;
  const json& thoughts = value_at(content, "thoughts");
  if (!thoughts.is_array()) return text;
  for (const json& thought : thoughts) append(text, text_at(thought, "content"), "\n\n");
  return text;
}

bool is_hidden(const json& message) {
  const std::string recipient = text_at(message, "recipient");
  return truth_at(value_at(message, "metadata"), "is_visually_hidden_from_conversation") ||
         (!recipient.empty() && recipient != "all");
}

/// Walks the tree from its roots, parents first, and keeps what was said.
class TreeReader {
 public:
  TreeReader(const json& mapping, ChatRecord& chat) : mapping_(mapping), chat_(chat) {}

  void read(const std::string& current_node) {
    for (const auto& [id, node] : mapping_.items())
      if (!mapping_.contains(text_at(node, "parent"))) push(id, {std::nullopt, {}});
    while (!waiting_.empty()) {
      const Waiting next = waiting_.back();
      waiting_.pop_back();
      if (!seen_.insert(next.id).second) continue;  // a tree has no way back
      const json& node = mapping_[next.id];
      const Above below = keep(value_at(node, "message"), next.above);
      if (next.id == current_node) chat_.shown_leaf = below.message;
      const json& children = value_at(node, "children");
      if (!children.is_array()) continue;
      for (auto child = children.rbegin(); child != children.rend(); ++child)
        if (child->is_string()) push(child->get<std::string>(), below);
    }
  }

 private:
  /// What a node follows.
  struct Above {
    std::optional<size_t> message;  ///< index of the nearest that was kept
    std::string thoughts;           ///< since then
  };
  struct Waiting {
    std::string id;
    Above above;
  };

  void push(const std::string& id, const Above& above) {
    if (mapping_.contains(id)) waiting_.push_back({id, above});
  }

  Above keep(const json& message, Above above) {
    const std::string role = text_at(value_at(message, "author"), "role");
    const json& content = value_at(message, "content");
    if (role == "system" && !above.message && !is_hidden(message) && chat_.system_text.empty())
      chat_.system_text = text_of(content);
    if ((role != "user" && role != "assistant") || is_hidden(message)) return above;
    if (role == "assistant") append(above.thoughts, thoughts_of(content), "\n\n");
    const std::string kind = text_at(content, "content_type");
    if (kind == "user_editable_context" || kind == "reasoning_recap" || kind == "model_editable_context")
      return above;
    std::string text = without_markers(text_of(content));
    if (text.empty()) return above;
    ChatRecord::Message kept;
    kept.parent = above.message;
    kept.content.role = role == "user" ? MessageRole::User : MessageRole::Assistant;
    kept.content.text = std::move(text);
    kept.content.created_at_ms = ms_at(message, "create_time");
    if (role == "assistant") {
      kept.content.model = text_at(value_at(message, "metadata"), "model_slug");
      kept.content.reasoning = std::move(above.thoughts);
    }
    chat_.messages.push_back(std::move(kept));
    return {chat_.messages.size() - 1, {}};
  }

  const json& mapping_;
  ChatRecord& chat_;
  std::vector<Waiting> waiting_;
  std::set<std::string> seen_;
};

}  // namespace

Outcome<ChatRecord> chat_from_chatgpt(const json& conversation) {
  const json& mapping = value_at(conversation, "mapping");
  if (!mapping.is_object()) return tl::unexpected<Failure>("a chat has no messages");
  ChatRecord chat;
  chat.title = text_at(conversation, "title");
  chat.created_at_ms = ms_at(conversation, "create_time");
  chat.updated_at_ms = ms_at(conversation, "update_time");
  TreeReader(mapping, chat).read(text_at(conversation, "current_node"));
  if (chat.messages.empty()) return tl::unexpected<Failure>("a chat is empty");
  if (!chat.shown_leaf) chat.shown_leaf = chat.messages.size() - 1;
  return chat;
}

}  // namespace kvasir::app
