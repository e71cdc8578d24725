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

}  // namespace

std::vector<std::byte> stored_vocabulary_hash(const engine::Tokenizer& tokenizer) {
  const auto& bytes = tokenizer.vocabulary_hash().bytes;
  return {bytes.begin(), bytes.end()};
}

engine::Result<ChatPrompt> make_chat_prompt(std::span<const storage::StoredMessage> history,
                                            const engine::Tokenizer& tokenizer,
                                            const engine::ChatTemplate& chat_template, bool enable_thinking) {
  const auto vocabulary = stored_vocabulary_hash(tokenizer);
  std::vector<const storage::StoredMessage*> used;
  std::vector<engine::ChatMessage> messages;
  for (const storage::StoredMessage& message : history) {
    if (message.role == storage::MessageRole::Assistant && message.text.empty()) continue;
    used.push_back(&message);
    auto& added = messages.emplace_back(engine::ChatMessage{to_engine(message.role), message.text, {}});
    if (message.vocabulary_hash == vocabulary) added.token_ids = message.token_ids;
  }

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

}  // namespace kvasir::app
