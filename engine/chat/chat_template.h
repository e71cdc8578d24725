#pragma once

#include "engine/base/result.h"
#include "engine/gguf/gguf_file.h"
#include "engine/tokenizer/tokenizer.h"

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

/// A stretch of a rendered prompt. `message` is the index of the message whose content this is;
/// empty for text that the template itself wrote (only there are special tokens recognised).
struct PromptPiece {
  std::string text;
  std::optional<size_t> message;
};

/// How a model wants its conversations written. Two published forms are known so far: the starter's (system
/// text where it stands) and DeepSeek-V3's (all system texts first, joined by blank lines).
class ChatTemplate {
 public:
  enum class Form { Starter, DeepSeekV3 };
  /// What both forms write after an answer.
  static constexpr std::string_view kEndOfTurn = "<｜end▁of▁sentence｜>";

  /// Recognises the form in the file's `tokenizer.chat_template`. A file with an unknown template, or none,
  /// whose vocabulary has DeepSeek's turn markers is rendered in the V3 form and `note()` says so.
  /// Errors: Unsupported where the vocabulary lacks them.
  static Result<ChatTemplate> from_gguf(const GgufFile& file, const Tokenizer& tokenizer);
  /// The form, with the begin-of-sentence text that starts a rendering.
  ChatTemplate(Form form, std::string bos_text, std::string note = {});

  /// Every message has exactly one piece, empty where its content is; pieces stand in the template's order,
  /// which for the V3 form is system messages first.
  /// Errors: BadRequest where the template refuses the conversation.
  Result<std::vector<PromptPiece>> render(std::span<const ChatMessage> messages,
                                          const RenderOptions& options) const;
  /// The markers of thinking, where this family has them, as the generation prompt stands with thinking
  /// switched on or off.
  const std::optional<ThinkingFormat>& thinking(bool enable_thinking = true) const;
  /// A remark for the person about a fallback; empty where the template was recognised.
  const std::string& note() const { return note_; }
  Form form() const { return form_; }

 private:
  Form form_;
  std::string bos_text_;
  std::string note_;
  std::optional<ThinkingFormat> thinking_on_, thinking_off_;
};

}  // namespace kvasir::engine
