#pragma once

#include "app/services/chat_prompt.h"
#include "engine/runtime/engine.h"
#include "storage/conversations/conversation_store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace kvasir::app {

/// What an answer should find free: a quarter of the context, of a large one 2,048 tokens.
uint32_t wanted_room(uint32_t context_tokens);

/// Where the prompt could begin so that it has at most so many tokens: the first user's message behind the
/// present beginning for which that holds, else the last user's message; none where that is the beginning
/// already. `message_tokens` {history}: see ChatPrompt.
std::optional<size_t> later_beginning(std::span<const storage::StoredMessage> history,
                                      std::span<const uint32_t> message_tokens, uint32_t most_tokens);

/// Why there is no room behind this prompt and an answer's beginning, and what a person can do about it;
/// none: there is. `longest_context`: what the model could be set to.
std::optional<std::string> why_no_room(const ChatPrompt& prompt, size_t answer_tokens,
                                       uint32_t context_tokens, uint32_t longest_context);

/// Has the prompt of a conversation that has outgrown the context begin later.
///
/// It is cut to half of the context, so that it is seldom cut again and its beginning stays the same, and
/// thus cached, for many turns. What is left out is dropped, or summed up by the model itself.
struct ContextRoom {
  engine::Engine& engine;
  storage::ContextPolicy policy;
  std::stop_token stop;
  std::function<void()> on_summarising;  ///< it takes a while

  /// `history` up to the message that is answered; `answer_tokens`: of the answer's beginning, which is
  /// continued. Returns where the prompt begins from now on, with that message's `context_summary` set; none
  /// where there is room, nothing can be left out, or nothing is to be. Cancelled: stopped while summing up.
  engine::Result<std::optional<size_t>> make(std::vector<storage::StoredMessage>& history,
                                             uint32_t answer_tokens) const;

 private:
  engine::Result<std::string> summarise(std::span<const storage::StoredMessage> left_out,
                                        uint32_t most_tokens) const;
  engine::Result<std::string> ask(const std::vector<engine::TokenId>& prompt, uint32_t most_tokens) const;
};

}  // namespace kvasir::app
