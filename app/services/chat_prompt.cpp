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

/// Stored messages as the template takes them; answers that came to nothing are left out.
struct Conversation {
  std::vector<const storage::StoredMessage*> stored;
  std::vector<engine::ChatMessage> messages;
};

Conversation to_engine(std::span<const storage::StoredMessage> history, const engine::Tokenizer& tokenizer) {
  const auto vocabulary = stored_vocabulary_hash(tokenizer);
  Conversation conversation;
  for (const storage::StoredMessage& message : history) {
    if (message.role == storage::MessageRole::Assistant && message.text.empty()) continue;
    conversation.stored.push_back(&message);
    auto& added =
        conversation.messages.emplace_back(engine::ChatMessage{to_engine(message.role), message.text});
    if (message.vocabulary_hash == vocabulary) added.token_ids = message.token_ids;
    if (!message.reasoning.empty()) added.reasoning = message.reasoning;
  }
  return conversation;
}

}  // namespace

std::vector<std::byte> stored_vocabulary_hash(const engine::Tokenizer& tokenizer) {
  const auto& bytes = tokenizer.vocabulary_hash().bytes;
  return {bytes.begin(), bytes.end()};
}

engine::Result<ChatPrompt> make_chat_prompt(std::span<const storage::StoredMessage> history,
                                            const engine::Tokenizer& tokenizer,
                                            const engine::ChatTemplate& chat_template, bool enable_thinking) {
  const auto vocabulary = stored_vocabulary_hash(tokenizer);
  const auto [used, messages] = to_engine(history, tokenizer);
  auto assembled = engine::assemble_prompt(tokenizer, chat_template, messages, enable_thinking);
  if (!assembled) return tl::unexpected(assembled.error());
  ChatPrompt prompt{std::move(assembled->token_ids), {}};
  for (size_t i = 0; i < used.size(); ++i) {
    if (used[i]->role == storage::MessageRole::Assistant) continue;  // its ids are those that were sampled
    if (assembled->per_message[i] == used[i]->token_ids && used[i]->vocabulary_hash == vocabulary) continue;
    auto& changed = prompt.changed.emplace_back(*used[i]);
    changed.token_ids = std::move(assembled->per_message[i]);
    changed.vocabulary_hash = vocabulary;
  }
  return prompt;
}

engine::Result<std::vector<engine::TokenId>> next_turn_prefix(std::span<const storage::StoredMessage> history,
                                                              const engine::Tokenizer& tokenizer,
                                                              const engine::ChatTemplate& chat_template) {
  auto messages = to_engine(history, tokenizer).messages;
  // Templates decide by what follows an answer whether its reasoning is kept.
  messages.push_back({engine::Role::User, "?"});
  auto assembled = engine::assemble_prompt(tokenizer, chat_template, messages);
  if (!assembled) return tl::unexpected(assembled.error());
  assembled->token_ids.resize(assembled->token_ids.size() - assembled->per_message.back().size());
  return std::move(assembled->token_ids);
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
