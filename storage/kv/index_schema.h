#pragma once

#include <string_view>

namespace kvasir::storage {

// docs/formats/kv-store.md says what the columns mean. The index can be made anew from the packs: a change of
// the schema need not migrate what is there, it only takes another version.
inline constexpr int kIndexVersion = 1;

inline constexpr std::string_view kIndexSchema = R"sql(
PRAGMA application_id = 1263948626;

CREATE TABLE packs (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  indexed_bytes INTEGER NOT NULL,
  digest INTEGER NOT NULL
) STRICT;

CREATE TABLE records (
  place INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  parent BLOB NOT NULL,
  payload_bytes INTEGER NOT NULL,
  last_used_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE owners (
  name TEXT PRIMARY KEY,
  pinned INTEGER NOT NULL,
  last_used_ms INTEGER NOT NULL,
  reused_tokens INTEGER NOT NULL,
  saved_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE heads (
  owner TEXT NOT NULL REFERENCES owners (name) ON DELETE CASCADE,
  key BLOB NOT NULL,
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace kvasir::storage
