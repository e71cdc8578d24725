#pragma once

#include <string_view>

namespace kvasir::storage {

// Released: never edit it, add a step. docs/formats/database.md says what the columns mean.
inline constexpr std::string_view kV001Initial = R"sql(
PRAGMA application_id = 1263948626;

CREATE TABLE system_prompts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (name <> ''),
  text TEXT NOT NULL,
  is_default INTEGER NOT NULL CHECK (is_default IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX system_prompts_one_default ON system_prompts (is_default) WHERE is_default = 1;

CREATE TABLE conversations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  system_prompt_id INTEGER REFERENCES system_prompts (id) ON DELETE SET NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  deleted_at_ms INTEGER
) STRICT;
CREATE INDEX conversations_by_system_prompt ON conversations (system_prompt_id);

CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 0),
  role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 2),
  status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 5),
  text TEXT NOT NULL,
  token_ids BLOB NOT NULL CHECK (length(token_ids) % 4 = 0),
  vocabulary_hash BLOB NOT NULL,
  model TEXT NOT NULL,
  error TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  prompt_tokens INTEGER,
  prompt_cache_hit_tokens INTEGER,
  prompt_cache_disk_tokens INTEGER,
  prompt_cache_miss_tokens INTEGER,
  completion_tokens INTEGER,
  ttft_ms REAL,
  prefill_tokens_per_second REAL,
  decode_tokens_per_second REAL,
  UNIQUE (conversation_id, position),
  CHECK ((role = 0) = (position = 0))
) STRICT;
CREATE INDEX messages_streaming ON messages (id) WHERE status = 1;

CREATE TABLE settings (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE model_files (
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  content_hash BLOB NOT NULL,
  PRIMARY KEY (device, inode)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace kvasir::storage
