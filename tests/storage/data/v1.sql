-- A profile as version 1 of the schema wrote it. Never edited: newer versions must open it.
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

PRAGMA user_version = 1;

INSERT INTO system_prompts VALUES (3, 'Pirate', 'Talk like a pirate.', 1);
INSERT INTO system_prompts VALUES (4, 'Terse', 'One sentence.', 0);

INSERT INTO conversations VALUES (10, 'Seas', 3, 1700000000000, 1700000005000, NULL);
INSERT INTO conversations VALUES (11, 'Gone', NULL, 1700000000001, 1700000009000, 1700000009001);
INSERT INTO conversations VALUES (12, 'Empty', NULL, 1700000000002, 1700000000002, NULL);

INSERT INTO messages VALUES (20, 10, 0, 0, 0, 'Talk like a pirate.', x'', x'', '', '', 1700000000000,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages VALUES (21, 10, 1, 1, 0, 'Hello', x'01000000ffffffff', x'abcd', '', '', 1700000001000,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages VALUES (22, 10, 2, 2, 0, 'Ahoy!', x'00020000', x'abcd', 'starter', '', 1700000002000,
  100, 64, 32, 36, 5, 12.5, 300.25, 20.75);
INSERT INTO messages VALUES (23, 10, 3, 1, 0, 'More', x'', x'', '', '', 1700000003000,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages VALUES (24, 10, 4, 2, 1, 'Arr', x'', x'', 'starter', '', 1700000004000,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

INSERT INTO settings VALUES ('theme', 'dark');
INSERT INTO model_files VALUES (2049, -1, 1000, 5, x'0102');
