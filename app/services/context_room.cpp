#include "app/services/context_room.h"

#include <algorithm>
#include <utility>

namespace kvasir::app {

using engine::TokenId;
using storage::MessageRole;
using storage::StoredMessage;

namespace {

constexpr uint32_t kMostRoomTokens = 2048;
constexpr uint32_t kMostSummaryTokens = 512;

constexpr const char* kSummaryRequest =
    "Sum up our conversation so far for yourself, because you will soon no longer see it: who we are, what "
    "was said, found out, decided and promised, what is still open, and the tone. Write plain sentences in "
    "the language of the conversation, at most 200 words. Write nothing but the summary.";

uint32_t sum(std::span<const uint32_t> counts) {
  uint32_t total = 0;
  for (const uint32_t count : counts) total += count;
  return total;
}

std::string trimmed(const std::string& text) {
  constexpr const char* kSpaces = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpaces);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

/// "12,345"
std::string in_groups(size_t count) {
  std::string digits = std::to_string(count);
  for (size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

}  // namespace

uint32_t wanted_room(uint32_t context_tokens) {
  return std::min(context_tokens / 4, kMostRoomTokens);
}

std::optional<size_t> later_beginning(std::span<const StoredMessage> history,
                                      std::span<const uint32_t> message_tokens, uint32_t most_tokens) {
  uint32_t left = sum(message_tokens);
  bool leaves_out = false;  // what stands between the present beginning and here
  std::optional<size_t> last;
  for (size_t i = context_beginning(history); i < history.size(); ++i) {
    if (history[i].role == MessageRole::System) continue;
    if (history[i].role == MessageRole::User && leaves_out) {
      last = i;
      if (left <= most_tokens) break;
    }
    left -= message_tokens[i];
    leaves_out = true;
  }
  return last;
}

std::optional<std::string> why_no_room(const ChatPrompt& prompt, size_t answer_tokens,
                                       uint32_t context_tokens, uint32_t longest_context) {
  const size_t total = prompt.token_ids.size() + answer_tokens;
  if (total < context_tokens) return std::nullopt;
  const uint32_t last = prompt.message_tokens.back();
  const bool one_is_too_long = last >= context_tokens;
  const std::string reads =
      " tokens, and the model reads at most " + in_groups(context_tokens) + " at a time. ";
  const std::string why = one_is_too_long ? "This message has " + in_groups(last) + reads
                                          : "This chat has " + in_groups(total) + reads;
  const std::string longer =
      longest_context > context_tokens ? ", or give the model a longer context in its settings." : ".";
  return why + (one_is_too_long ? "Send it in parts" : "Have its beginning summed up or left out") + longer;
}

engine::Result<std::optional<size_t>> ContextRoom::make(std::vector<StoredMessage>& history,
                                                        uint32_t answer_tokens) const {
  if (policy == storage::ContextPolicy::Stop || !engine.chat_template()) return std::nullopt;
  const auto prompt = make_chat_prompt(history, engine.tokenizer(), *engine.chat_template());
  if (!prompt) return tl::unexpected(prompt.error());
  const uint32_t context = engine.context_tokens();
  if (prompt->token_ids.size() + answer_tokens + wanted_room(context) <= context) return std::nullopt;

  const bool summarises = policy == storage::ContextPolicy::Summarise;
  const uint32_t summary_tokens = summarises ? std::min(context / 8, kMostSummaryTokens) : 0;
  const uint32_t taken = summary_tokens + answer_tokens;
  const auto beginning =
      later_beginning(history, prompt->message_tokens, context / 2 - std::min(context / 2, taken));
  if (!beginning) return std::nullopt;
  const size_t former = context_beginning(history);
  std::string summary = history[former].context_summary.value_or("");  // what a summary tells is not dropped
  if (summarises) {
    if (on_summarising) on_summarising();
    auto written = summarise(std::span(history).first(*beginning), summary_tokens);
    if (!written) return tl::unexpected(written.error());
    summary = std::move(*written);
  }
  history[*beginning].context_summary = std::move(summary);
  return beginning;
}

/// Asked behind the conversation itself, whose KV is in memory or on the disk, so that hardly more than the
/// question is computed. Nothing of it is kept.
engine::Result<std::string> ContextRoom::summarise(std::span<const StoredMessage> left_out,
                                                   uint32_t most_tokens) const {
  StoredMessage request;
  request.role = MessageRole::User;
  request.text = kSummaryRequest;
  std::vector<StoredMessage> history(left_out.begin(), left_out.end());
  history.push_back(std::move(request));
  for (;;) {
    const auto prompt =
        make_chat_prompt(history, engine.tokenizer(), *engine.chat_template(), /*enable_thinking=*/false);
    if (!prompt) return tl::unexpected(prompt.error());
    const uint32_t context = engine.context_tokens();
    if (prompt->token_ids.size() + most_tokens <= context) return ask(prompt->token_ids, most_tokens);
    // The context has become smaller since: the oldest part is not even summed up.
    const auto beginning =
        later_beginning(history, prompt->message_tokens, context / 2 - std::min(context / 2, most_tokens));
    if (!beginning || *beginning + 1 == history.size()) return std::string();
    history[*beginning].context_summary = "";
  }
}

engine::Result<std::string> ContextRoom::ask(const std::vector<TokenId>& prompt, uint32_t most_tokens) const {
  engine::GenerateRequest request;
  request.prompt = prompt;
  request.sampling.temperature = 0;
  request.max_tokens = most_tokens;
  request.kv.keep = false;
  request.thinking = engine.chat_template()->thinking(false);
  request.max_reasoning_tokens = std::max(1U, most_tokens / 2);
  engine::AnswerDecoder decoder(engine.tokenizer(), request.thinking, prompt);
  std::string text;
  engine::GenerateCallbacks callbacks;
  callbacks.on_token = [&](const engine::TokenEvent& token) {
    text += token.text;
    decoder.push(token.id);
  };
  const auto result = engine.generate(request, callbacks, stop);
  if (!result) return tl::unexpected(result.error());
  if (result->finish_reason == engine::FinishReason::Cancelled)
    return tl::unexpected(engine::Error{engine::ErrorCode::Cancelled, "Stopped."});
  return trimmed(text + decoder.finish().answer);
}

}  // namespace kvasir::app
