#pragma once

#include <string_view>

namespace kvasir::storage {

// Released: never edit it, add a step. docs/formats/database.md says what the columns mean.
//
// The search tables hold no text of their own. The store tells them of each change within its transaction
// (conversations/search_index.h), so they are as whole as what they index; no trigger can, since SQLite 3.40
// lets none write to FTS5 where the schema is not trusted.
inline constexpr std::string_view kV003ChatList = R"sql(
CREATE TABLE folders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL CHECK (name <> ''),
  position INTEGER NOT NULL
) STRICT;

ALTER TABLE conversations ADD COLUMN folder_id INTEGER REFERENCES folders (id) ON DELETE SET NULL;
ALTER TABLE conversations ADD COLUMN pin_position INTEGER;
ALTER TABLE conversations ADD COLUMN draft TEXT NOT NULL DEFAULT '';
CREATE INDEX conversations_by_folder ON conversations (folder_id);

CREATE VIEW searchable_messages AS
  SELECT id, conversation_id, text FROM messages WHERE role <> 0 AND status <> 1;
CREATE VIRTUAL TABLE title_search USING fts5 (
  title, content = 'conversations', content_rowid = 'id', tokenize = 'kvasir');
CREATE VIRTUAL TABLE message_search USING fts5 (
  text, content = 'searchable_messages', content_rowid = 'id', tokenize = 'kvasir');

INSERT INTO title_search (title_search) VALUES ('rebuild');
INSERT INTO message_search (message_search) VALUES ('rebuild');
)sql";

}  // namespace kvasir::storage
