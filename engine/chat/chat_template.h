#pragma once

#include "engine/base/result.h"
#include "engine/chat/jinja/template.h"
#include "engine/gguf/gguf_file.h"
#include "engine/tokenizer/tokenizer.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine {

enum class Role { System, User, Assistant };

/// One message of a conversation as the prompt sees it.
struct ChatMessage {
  Role role;
  std::string content;
  /// The exact ids that stood in the prompt for this message, where known: for an answer the sampled ids
  /// (its reasoning included, and the end token, if it was sampled), else everything that the message added.
  /// Empty: not known.
  std::vector<TokenId> token_ids = {};
  /// What an answer thought before its content, without the markers around it. Empty: it did not think, or
  /// the thinking stands in the content.
  std::optional<std::string> reasoning = std::nullopt;
};

/// How a family of models marks what it thinks before it answers.
struct ThinkingFormat {
  std::string open;   ///< such as `<think>`
  std::string close;  ///< such as `</think>`
  /// Whether the generation prompt already holds `open`: then the first sampled token is a thought.
  bool starts_in_thinking;
};

/// What a rendering is for.
struct RenderOptions {
  bool add_generation_prompt = true;
  /// Given to the template as `enable_thinking` and `thinking`; models that always or never think ignore it.
  bool enable_thinking = true;
};

/// A stretch of a rendered prompt: what the template wrote, or a part of one message's content or reasoning.
/// Special tokens are recognised only in the template's own stretches.
struct PromptPiece {
  enum class Part { Template, Content, Reasoning };
  std::string text;
  /// The message whose part this is; empty for what the template wrote (names of roles included).
  std::optional<size_t> message;
  Part part = Part::Template;
};

/// How a model wants its conversations written: the template that its file carries, or a known family's where
/// that is missing or can't be used.
///
/// Immutable: safe to use from several threads.
class ChatTemplate {
 public:
  /// The file's own, or the family whose form stands in for it.
  enum class Form { FromFile, DeepSeekV2, DeepSeekV3, Glm4, KimiK2 };

  /// The file's `tokenizer.chat_template`, tried out on a few short conversations. A file without one, or
  /// with one that fails there, is rendered in the form of the family that its vocabulary shows, and `note()`
  /// says so and why. Errors: Unsupported where the vocabulary shows none.
  static Result<ChatTemplate> from_gguf(const GgufFile& file, const Tokenizer& tokenizer);

  /// Neighbouring pieces differ in what they are part of; the template's are never empty. A message may have
  /// several pieces, or none where the template leaves it out; pieces stand in the template's order, which is
  /// not always the messages'. An empty content that the template writes has an empty piece.
  /// Errors: BadRequest, with the template's own words, where it refuses the conversation; Unsupported where
  /// it fails on it.
  Result<std::vector<PromptPiece>> render(std::span<const ChatMessage> messages,
                                          const RenderOptions& options) const;
  /// The markers of thinking, where this family has them, as the generation prompt stands with thinking
  /// switched on or off.
  const std::optional<ThinkingFormat>& thinking(bool enable_thinking = true) const;
  /// A remark for the person about a fallback; empty where the file's own template is used.
  const std::string& note() const { return note_; }
  Form form() const { return form_; }

 private:
  ChatTemplate() = default;
  /// The template alone, without having tried it. Errors: Unsupported where it can't be parsed.
  static Result<ChatTemplate> parse(std::string_view source, Form form, const GgufFile& file,
                                    const Tokenizer& tokenizer);
  /// As `render`, with the bare reason as the error's message.
  Result<std::vector<PromptPiece>> try_render(std::span<const ChatMessage> messages,
                                              const RenderOptions& options) const;
  /// Why the template can't be used, found on short conversations; empty where it can.
  std::string problem() const;
  std::optional<ThinkingFormat> find_thinking(bool enable_thinking) const;

  std::shared_ptr<const jinja::Template> template_;
  Form form_ = Form::FromFile;
  std::string file_name_, bos_text_, eos_text_;
  std::string note_;
  std::optional<ThinkingFormat> thinking_on_, thinking_off_;
};

}  // namespace kvasir::engine
