#pragma once

#include <string_view>

namespace kvasir::storage {

// Released: never edit it, add a step. docs/formats/database.md says what the columns mean.
inline constexpr std::string_view kV004Branches = R"sql(
ALTER TABLE messages ADD COLUMN parent_id INTEGER REFERENCES messages (id);
ALTER TABLE messages ADD COLUMN deleted_at_ms INTEGER;
ALTER TABLE conversations ADD COLUMN shown_leaf_id INTEGER REFERENCES messages (id) ON DELETE SET NULL;

UPDATE messages SET parent_id =
  (SELECT id FROM messages AS before
   WHERE before.conversation_id = messages.conversation_id
     AND before.position BETWEEN 1 AND messages.position - 1
   ORDER BY before.position DESC LIMIT 1);
UPDATE conversations SET shown_leaf_id =
  (SELECT id FROM messages WHERE conversation_id = conversations.id AND position > 0
   ORDER BY position DESC LIMIT 1);

CREATE INDEX messages_by_parent ON messages (parent_id, conversation_id, position, deleted_at_ms);
CREATE INDEX messages_deleted ON messages (conversation_id, deleted_at_ms) WHERE deleted_at_ms IS NOT NULL;
CREATE INDEX conversations_by_shown_leaf ON conversations (shown_leaf_id);
)sql";

}  // namespace kvasir::storage
