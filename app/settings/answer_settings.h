#pragma once

#include "storage/conversations/conversation_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kvasir::app {

struct ChatSettings;

/// What was chosen of how answers are made: for all chats of a profile, or for one of them. What is absent
/// was not. The values mean what they mean in `engine::SamplingParams`, and are in its ranges.
struct AnswerSettings {
  std::optional<double> temperature;
  std::optional<uint32_t> top_k;
  std::optional<double> top_p;
  std::optional<double> min_p;
  std::optional<double> repetition_penalty;
  std::optional<uint32_t> max_tokens;  ///< 0: no limit but the context
  std::optional<uint64_t> seed;        ///< of every answer; else each has a fresh one

  bool operator==(const AnswerSettings&) const = default;
  bool empty() const { return *this == AnswerSettings{}; }

  /// What can't be understood, or is out of range, counts as not chosen.
  static AnswerSettings from_json(std::string_view json);
  std::string to_json() const;  ///< empty where nothing is chosen
  /// Puts what is chosen in the place of what is there.
  void apply_to(ChatSettings& settings) const;
};

/// What a profile keeps for all its chats. For the storage thread.
storage::Result<AnswerSettings> read_answer_settings(storage::ConversationStore& store);
storage::Result<void> keep_answer_settings(storage::ConversationStore& store, const AnswerSettings& settings);

/// How an answer in this chat is made: `asked`, over which go what is chosen for all chats of the profile,
/// for this one, and with the request itself. For the storage thread.
ChatSettings settings_in_chat(storage::ConversationStore& profile, const storage::StoredConversation& chat,
                              const ChatSettings& asked);

}  // namespace kvasir::app
