#include "app/services/chat_prompt.h"

namespace kvasir::app {
namespace {

engine::Role to_engine(storage::MessageRole role) {
  switch (role) {
    case storage::MessageRole::System:
      return engine::Role::System;
    case storage::MessageRole::User:
      return engine::Role::User;
    case storage::MessageRole::Assistant:
      return engine::Role::Assistant;
  }
  return engine::Role::User;
}

constexpr size_t kNowhere = SIZE_MAX;

/// Stored messages as the template takes them; what is not in the prompt is left out.
struct Conversation {
  std::vector<engine::ChatMessage> messages;
  std::vector<size_t> places;  ///< {messages} where each is in the history, or kNowhere
};

/// The system message with a summary behind it. Its ids are not the stored ones.
void add_summary(Conversation& conversation, const std::string& summary) {
  auto& messages = conversation.messages;
  if (messages.empty() || messages.front().role != engine::Role::System) {
    messages.insert(messages.begin(), {engine::Role::System, {}});
    conversation.places.insert(conversation.places.begin(), kNowhere);
  }
  std::string& text = messages.front().content;
  text += (text.empty() ? "" : "\n\n") + std::string("What was said before, in short:\n") + summary;
  messages.front().token_ids.clear();
}

Conversation to_engine(std::span<const storage::StoredMessage> history, const engine::Tokenizer& tokenizer) {
  const auto vocabulary = stored_vocabulary_hash(tokenizer);
  const size_t beginning = context_beginning(history);
  Conversation conversation;
  for (size_t i = 0; i < history.size(); ++i) {
    const storage::StoredMessage& message = history[i];
    if (message.role != storage::MessageRole::System && i < beginning) continue;
    if (message.role == storage::MessageRole::Assistant && message.text.empty()) continue;
    conversation.places.push_back(i);
    auto& added =
        conversation.messages.emplace_back(engine::ChatMessage{to_engine(message.role), message.text});
    if (message.vocabulary_hash == vocabulary) added.token_ids = message.token_ids;
    if (!message.reasoning.empty()) added.reasoning = message.reasoning;
  }
  if (beginning < history.size() && history[beginning].context_summary.value_or("") != "")
    add_summary(conversation, *history[beginning].context_summary);
  return conversation;
}

}  // namespace

size_t context_beginning(std::span<const storage::StoredMessage> history) {
  size_t i = history.size();
  while (i > 0 && !history[i - 1].context_summary) --i;
  return i == 0 ? 0 : i - 1;
}

std::vector<std::byte> stored_vocabulary_hash(const engine::Tokenizer& tokenizer) {
  const auto& bytes = tokenizer.vocabulary_hash().bytes;
  return {bytes.begin(), bytes.end()};
}

engine::Result<ChatPrompt> make_chat_prompt(std::span<const storage::StoredMessage> history,
                                            const engine::Tokenizer& tokenizer,
                                            const engine::ChatTemplate& chat_template, bool enable_thinking) {
  const auto vocabulary = stored_vocabulary_hash(tokenizer);
  const auto [messages, places] = to_engine(history, tokenizer);
  auto assembled = engine::assemble_prompt(tokenizer, chat_template, messages, enable_thinking);
  if (!assembled) return tl::unexpected(assembled.error());
  ChatPrompt prompt{std::move(assembled->token_ids), std::vector<uint32_t>(history.size()), {}};
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] == kNowhere) continue;
    const storage::StoredMessage& stored = history[places[i]];
    std::vector<engine::TokenId>& ids = assembled->per_message[i];
    prompt.message_tokens[places[i]] = static_cast<uint32_t>(ids.size());
    if (stored.role == storage::MessageRole::Assistant) continue;  // its ids are those that were sampled
    if (messages[i].content != stored.text) continue;              // it says more than is stored
    if (ids == stored.token_ids && stored.vocabulary_hash == vocabulary) continue;
    auto& changed = prompt.changed.emplace_back(stored);
    changed.token_ids = std::move(ids);
    changed.vocabulary_hash = vocabulary;
  }
  return prompt;
}

engine::Result<NextTurnPrefix> next_turn_prefix(std::span<const storage::StoredMessage> history,
                                                const engine::Tokenizer& tokenizer,
                                                const engine::ChatTemplate& chat_template) {
  auto messages = to_engine(history, tokenizer).messages;
  const bool has_system = !messages.empty() && messages.front().role == engine::Role::System;
  // Templates decide by what follows an answer whether its reasoning is kept.
  messages.push_back({engine::Role::User, "?"});
  auto assembled = engine::assemble_prompt(tokenizer, chat_template, messages);
  if (!assembled) return tl::unexpected(assembled.error());
  const auto& shares = assembled->per_message;
  NextTurnPrefix prefix{std::move(assembled->token_ids),
                        has_system ? static_cast<uint32_t>(shares.front().size()) : 0};
  prefix.token_ids.resize(prefix.token_ids.size() - shares.back().size());
  return prefix;
}

void prepare_to_continue(storage::StoredMessage& answer, const engine::Tokenizer& tokenizer) {
  const auto vocabulary = stored_vocabulary_hash(tokenizer);
  if (answer.vocabulary_hash != vocabulary) {
    answer.token_ids = tokenizer.encode(answer.text, false);
    answer.reasoning_tokens = 0;
    if (answer.text.empty()) {
      answer.reasoning.clear();
      answer.reasoning_ms = 0;
    }
  }
  while (!answer.token_ids.empty() && tokenizer.ends_generation(answer.token_ids.back()))
    answer.token_ids.pop_back();
  answer.vocabulary_hash = vocabulary;
}

}  // namespace kvasir::app
