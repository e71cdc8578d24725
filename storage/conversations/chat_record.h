#pragma once

#include "storage/conversations/conversation_store.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kvasir::storage {

/// A conversation as a whole, with all its branches, as it is carried from one profile to another.
struct ChatRecord {
  struct Message {
    std::optional<size_t>
        parent;             ///< index of the message it follows, which stands before it; none: it begins
    StoredMessage content;  ///< without what says where it stands: ids, position, alternatives
  };

  std::string title;
  std::string system_text;         ///< empty: none
  std::string system_prompt_name;  ///< of the library prompt that it came from; empty: none
  std::string folder_name;         ///< empty: in none
  bool pinned = false;
  std::string draft;
  ContextPolicy context_policy = ContextPolicy::Stop;
  std::string answer_settings;  ///< as in StoredConversation
  int64_t created_at_ms = 0;    ///< Unix time, as the next
  int64_t updated_at_ms = 0;
  std::vector<Message> messages;     ///< parents before what follows them, alternatives from the oldest on
  std::optional<size_t> shown_leaf;  ///< index of the last message of the branch that is shown
};

}  // namespace kvasir::storage
