#include "engine/chat/chat_template.h"

#include "engine/chat/fallback_templates.h"
#include "engine/gguf/messages.h"

#include <ctime>
#include <utility>

namespace kvasir::engine {
namespace {

using jinja::Heap;
using jinja::None;
using jinja::Origin;
using jinja::Value;

constexpr std::string_view kTemplateKey = "tokenizer.chat_template";
constexpr std::string_view kThinkOpen = "<think>";
constexpr std::string_view kThinkClose = "</think>";

// What a message's texts have as their origin: two numbers for each message.
Origin content_origin(size_t message) {
  return static_cast<Origin>(1 + 2 * message);
}
Origin reasoning_origin(size_t message) {
  return static_cast<Origin>(2 + 2 * message);
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::System:
      return "system";
    case Role::User:
      return "user";
    case Role::Assistant:
      return "assistant";
  }
  return "user";
}

/// The roles' names count as the template's own: some templates make markers of them, as `'<|' + role +
/// '|>'`.
Value to_value(const ChatMessage& message, size_t index, Heap& heap) {
  std::vector<std::pair<Value, Value>> entries{
      {heap.text("role"), heap.text(role_name(message.role))},
      {heap.text("content"), heap.text(message.content, content_origin(index))}};
  if (message.reasoning)
    entries.emplace_back(heap.text("reasoning_content"),
                         heap.text(*message.reasoning, reasoning_origin(index)));
  return heap.dict(std::move(entries));
}

std::vector<PromptPiece> to_pieces(const jinja::Text& text) {
  std::vector<PromptPiece> pieces;
  size_t begin = 0;
  for (const jinja::Text::Run& run : text.runs()) {
    PromptPiece& piece = pieces.emplace_back();
    piece.text = text.bytes().substr(begin, run.end - begin);
    begin = run.end;
    if (run.origin == jinja::kTemplate) continue;
    piece.message = (run.origin - 1) / 2;
    piece.part = run.origin == content_origin(*piece.message) ? PromptPiece::Part::Content
                                                              : PromptPiece::Part::Reasoning;
  }
  return pieces;
}

std::string content_in(const std::vector<PromptPiece>& pieces, size_t message) {
  std::string text;
  for (const PromptPiece& piece : pieces)
    if (piece.message == message) text += piece.text;
  return text;
}

/// What the template writes after the last content: the generation prompt, where it was asked for one.
std::string text_at_end(const std::vector<PromptPiece>& pieces) {
  return pieces.empty() || pieces.back().message ? std::string() : pieces.back().text;
}

}  // namespace

Result<ChatTemplate> ChatTemplate::parse(std::string_view source, Form form, const GgufFile& file,
                                         const Tokenizer& tokenizer) {
  auto parsed = jinja::Template::parse(source);
  if (!parsed) return tl::unexpected(parsed.error());
  ChatTemplate made;
  made.template_ = std::make_shared<const jinja::Template>(std::move(*parsed));
  made.form_ = form;
  made.file_name_ = quote_path(file.path());
  if (const auto bos = tokenizer.bos()) made.bos_text_ = tokenizer.bytes_of(*bos, true);
  if (const auto eos = tokenizer.eos()) made.eos_text_ = tokenizer.bytes_of(*eos, true);
  if (source.find(kThinkClose) != std::string_view::npos) {
    made.thinking_on_ = made.find_thinking(true);
    made.thinking_off_ = made.find_thinking(false);
  }
  return made;
}

Result<ChatTemplate> ChatTemplate::from_gguf(const GgufFile& file, const Tokenizer& tokenizer) {
  const std::string name = quote_path(file.path());
  const auto source = file.get_string(kTemplateKey);
  std::string why;
  if (source) {
    auto own = parse(*source, Form::FromFile, file, tokenizer);
    why = own ? own->problem() : own.error().message;
    if (why.empty()) return own;
  }
  const FallbackTemplate* const fallback = find_fallback_template(file, tokenizer);
  if (fallback == nullptr && !source)
    return fail(ErrorCode::Unsupported, "The model file " + name +
                                            " has no chat template that this version of Kvasir knows. "
                                            "Choose a model that was made for chats.");
  const std::string problem = source
                                  ? "The chat template of the model file " + name + " can't be used: " + why
                                  : "The model file " + name + " has no chat template";
  if (fallback == nullptr) return fail(ErrorCode::Unsupported, problem + ". Choose another model file.");
  auto made = parse(fallback->source, fallback->form, file, tokenizer);
  if (!made) return made;
  made->note_ = problem + ". Its conversations are written as for " + std::string(fallback->name) +
                ", which may be a little different from what it learned.";
  return made;
}

std::string ChatTemplate::problem() const {
  // Nobody's words: what comes out is looked through for them.
  const std::vector<ChatMessage> question{{Role::User, "First question?"}};
  std::vector<ChatMessage> dialogue = question;
  dialogue.push_back({Role::Assistant, "First answer."});
  dialogue.push_back({Role::User, "Second question?"});
  for (const std::vector<ChatMessage>& conversation : {question, dialogue}) {
    const auto pieces = try_render(conversation, {});
    if (!pieces) return pieces.error().message;
    for (size_t i = 0; i < conversation.size(); ++i)
      if (content_in(*pieces, i) != conversation[i].content) return "it leaves out what was said";
  }
  return {};
}

std::optional<ThinkingFormat> ChatTemplate::find_thinking(bool enable_thinking) const {
  const std::vector<ChatMessage> question{{Role::User, "Question?"}};
  const auto pieces = try_render(question, {.enable_thinking = enable_thinking});
  if (!pieces) return std::nullopt;
  const std::string prompt = text_at_end(*pieces);
  const size_t open = prompt.rfind(kThinkOpen);
  const size_t close = prompt.rfind(kThinkClose);
  const bool is_open = open != std::string::npos && (close == std::string::npos || close < open);
  return ThinkingFormat{std::string(kThinkOpen), std::string(kThinkClose), is_open};
}

Result<std::vector<PromptPiece>> ChatTemplate::try_render(std::span<const ChatMessage> messages,
                                                          const RenderOptions& options) const {
  Heap heap;
  try {
    std::vector<Value> given;
    for (size_t i = 0; i < messages.size(); ++i) given.push_back(to_value(messages[i], i, heap));
    const auto text = template_->render(heap,
                                        {{"messages", heap.list(std::move(given))},
                                         {"add_generation_prompt", Value(options.add_generation_prompt)},
                                         {"bos_token", heap.text(bos_text_)},
                                         {"eos_token", heap.text(eos_text_)},
                                         {"enable_thinking", Value(options.enable_thinking)},
                                         {"thinking", Value(options.enable_thinking)},
                                         {"tools", Value(None{})},
                                         {"documents", Value(None{})}},
                                        std::time(nullptr));
    if (!text) return tl::unexpected(text.error());
    return to_pieces(*text);
  } catch (const jinja::Failure& failure) {  // a conversation too large for the heap
    return fail(failure.code, failure.message);
  }
}

Result<std::vector<PromptPiece>> ChatTemplate::render(std::span<const ChatMessage> messages,
                                                      const RenderOptions& options) const {
  auto pieces = try_render(messages, options);
  if (pieces) return pieces;
  const bool refused = pieces.error().code == ErrorCode::BadRequest;
  return fail(pieces.error().code,
              "The chat template of " + file_name_ +
                  (refused ? " refuses this conversation: " : " fails on this conversation: ") +
                  pieces.error().message + ".");
}

const std::optional<ThinkingFormat>& ChatTemplate::thinking(bool enable_thinking) const {
  return enable_thinking ? thinking_on_ : thinking_off_;
}

}  // namespace kvasir::engine
