#include "engine/chat/chat_template.h"

#include "engine/gguf/messages.h"

#include <algorithm>
#include <utility>

namespace kvasir::engine {
namespace {

constexpr std::string_view kTemplateKey = "tokenizer.chat_template";
constexpr std::string_view kUser = "<｜User｜>";
constexpr std::string_view kAssistant = "<｜Assistant｜>";
constexpr std::string_view kSystemSeparator = "\n\n";

/// What both forms have in common, as `normalized` leaves it.
constexpr std::string_view kTurns[] = {
    "{{'<｜User｜>'+message['content']}}",
    "{{'<｜Assistant｜>'+message['content']+'<｜end▁of▁sentence｜>'}}",
    "{{'<｜Assistant｜>'}}",
};
constexpr std::string_view kStarterSystem = "{%ifmessage['role']=='system'%}{{message['content']}}";
constexpr std::string_view kV3System = "ns.system_prompt+'\n\n'+message['content']";
/// DeepSeek's reasoning models use the same turns, but write or strip reasoning, which no form here does.
constexpr std::string_view kReasoning = "think>";

/// The template without what does not matter: spaces and newlines outside quotes, and whether a newline is
/// written as itself or as \n.
std::string normalized(std::string_view jinja) {
  std::string text;
  bool quoted = false;
  for (size_t i = 0; i < jinja.size(); ++i) {
    const char c = jinja[i];
    if (c == '\'') quoted = !quoted;
    if (!quoted && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
    if (jinja.substr(i, 2) == "\\n") {
      text += '\n';
      ++i;
    } else {
      text += c;
    }
  }
  return text;
}

std::optional<ChatTemplate::Form> recognized_form(std::string_view jinja) {
  const std::string text = normalized(jinja);
  const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  if (!std::all_of(std::begin(kTurns), std::end(kTurns), has) || has(kReasoning)) return std::nullopt;
  if (has(kV3System)) return ChatTemplate::Form::DeepSeekV3;
  if (has(kStarterSystem) && !has("system_prompt")) return ChatTemplate::Form::Starter;
  return std::nullopt;
}

/// Collects pieces, joining neighbours that the template writes.
class Rendering {
 public:
  void write(std::string_view text) {
    if (text.empty()) return;
    if (pieces_.empty() || pieces_.back().message) pieces_.push_back({});
    pieces_.back().text += text;
  }
  void write_content(std::span<const ChatMessage> messages, size_t index) {
    pieces_.push_back({messages[index].content, index});
  }
  std::vector<PromptPiece> take() { return std::move(pieces_); }

 private:
  std::vector<PromptPiece> pieces_;
};

}  // namespace

Result<ChatTemplate> ChatTemplate::from_gguf(const GgufFile& file, const Tokenizer& tokenizer) {
  std::string bos_text;
  if (const auto bos = tokenizer.bos()) bos_text = tokenizer.bytes_of(*bos, true);

  const auto jinja = file.get_string(kTemplateKey);
  const bool has_markers = tokenizer.find(kUser) && tokenizer.find(kAssistant) && tokenizer.find(kEndOfTurn);
  const auto form = jinja ? recognized_form(*jinja) : std::nullopt;
  if (form && has_markers) return ChatTemplate(*form, std::move(bos_text));
  if (has_markers) {
    const std::string why =
        jinja ? " has a chat template that this version of Kvasir does not know" : " has no chat template";
    return ChatTemplate(Form::DeepSeekV3, std::move(bos_text),
                        "The model file " + quote_path(file.path()) + why +
                            ". Its conversations are written as for DeepSeek-V3, which may be a little "
                            "different from what it learned.");
  }
  return fail(ErrorCode::Unsupported, "The model file " + quote_path(file.path()) +
                                          " has no chat template that this version of Kvasir knows. "
                                          "Choose a model for chats with DeepSeek's turn markers.");
}

ChatTemplate::ChatTemplate(Form form, std::string bos_text, std::string note)
    : form_(form), bos_text_(std::move(bos_text)), note_(std::move(note)) {}

Result<std::vector<PromptPiece>> ChatTemplate::render(std::span<const ChatMessage> messages,
                                                      const RenderOptions& options) const {
  Rendering rendering;
  rendering.write(bos_text_);
  const bool systems_first = form_ == Form::DeepSeekV3;
  bool first_system = true;
  for (size_t i = 0; systems_first && i < messages.size(); ++i) {
    if (messages[i].role != Role::System) continue;
    if (!first_system) rendering.write(kSystemSeparator);
    first_system = false;
    rendering.write_content(messages, i);
  }
  for (size_t i = 0; i < messages.size(); ++i) {
    switch (messages[i].role) {
      case Role::System:
        if (!systems_first) rendering.write_content(messages, i);
        break;
      case Role::User:
        rendering.write(kUser);
        rendering.write_content(messages, i);
        break;
      case Role::Assistant:
        rendering.write(kAssistant);
        rendering.write_content(messages, i);
        rendering.write(kEndOfTurn);
        break;
    }
  }
  if (options.add_generation_prompt) rendering.write(kAssistant);
  return rendering.take();
}

const std::optional<ThinkingFormat>& ChatTemplate::thinking(bool enable_thinking) const {
  return enable_thinking ? thinking_on_ : thinking_off_;
}

}  // namespace kvasir::engine
