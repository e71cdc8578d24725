#pragma once

#include <string>
#include <string_view>

namespace kvasir::storage {

// The ways through a conversation's tree, to be followed by a statement that uses what they give. Positions
// fall on the way up and rise on the way down, so that no file, whatever it holds, keeps one from ending.

/// `branch (id, …)`: from the leaf ?1 of the conversation ?2 upwards to the message ?3, without it; where
/// that is 0, to the beginning, and the system message.
inline constexpr std::string_view kWithBranch =
    "WITH RECURSIVE branch (id, parent_id, position) AS ("
    "SELECT id, NULL, position FROM messages WHERE conversation_id = ?2 AND position = 0 AND ?3 = 0 "
    "UNION ALL SELECT id, parent_id, position FROM messages "
    "WHERE id = ?1 AND conversation_id = ?2 AND position > 0 AND id <> ?3 "
    "UNION ALL SELECT above.id, above.parent_id, above.position "
    "FROM branch JOIN messages AS above ON above.id = branch.parent_id "
    "WHERE above.conversation_id = ?2 AND above.position BETWEEN 1 AND branch.position - 1 "
    "AND above.id <> ?3) ";

/// `behind (id, position)`: the message ?1 and all that follows it on any branch, but for what is deleted.
inline constexpr std::string_view kWithBehind =
    "WITH RECURSIVE behind (id, position) AS ("
    "SELECT id, position FROM messages WHERE id = ?1 AND deleted_at_ms IS NULL "
    "UNION ALL SELECT next.id, next.position FROM behind "
    "JOIN messages AS next ON next.parent_id = behind.id "
    "WHERE next.position > behind.position AND next.deleted_at_ms IS NULL) ";

/// A whole message, as it is read back.
inline constexpr std::string_view kMessageColumns =
    "id, conversation_id, position, role, status, text, token_ids, vocabulary_hash, model, error, "
    "created_at_ms, prompt_tokens, prompt_cache_hit_tokens, prompt_cache_disk_tokens, "
    "prompt_cache_miss_tokens, completion_tokens, ttft_ms, prefill_tokens_per_second, "
    "decode_tokens_per_second, reasoning, reasoning_tokens, reasoning_ms, context_summary, "
    "parent_id, edited";

/// Whole messages of `branch`, in no order. At the end: how many alternatives to each are older, and how many
/// there are.
inline const std::string kSelectBranch = [] {
  const auto count_siblings = [](std::string_view condition) {
    return "(SELECT count(*) FROM messages AS sibling WHERE sibling.parent_id IS messages.parent_id "
           "AND sibling.conversation_id = messages.conversation_id AND sibling.position > 0 "
           "AND sibling.deleted_at_ms IS NULL AND " +
           std::string(condition) + ")";
  };
  return std::string(kWithBranch) + "SELECT " + std::string(kMessageColumns) + ", " +
         count_siblings("sibling.position < messages.position") + ", " + count_siblings("true") +
         " FROM messages WHERE id IN (SELECT id FROM branch)";
}();

}  // namespace kvasir::storage
