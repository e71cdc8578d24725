#pragma once

#include "storage/base/result.h"
#include "storage/kv/owner_book.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/file_system_vfs.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvasir::storage {

/// A record's row. Its place is the pack's number and the offset in it.
struct IndexedRecord {
  uint32_t pack = 0;
  uint64_t offset = 0;
  RecordKind kind = RecordKind::Block;
  BlockKey key{};
  BlockKey parent{};
  uint64_t payload_bytes = 0;
  int64_t last_used_ms = 0;

  /// Of what the pack's digest covers: all but the time of use.
  uint64_t digest() const;
};

/// What the index says of a pack: every live record before `indexed_bytes` has its row.
struct IndexedPack {
  PackId id{};
  uint64_t indexed_bytes = 0;
  uint64_t digest = 0;  ///< XOR of the rows' digests and of `own_digest`: that nothing is missing or altered

  /// Of the other two.
  uint64_t own_digest() const;
};

/// Numbers that the packs cannot say.
struct IndexCounters {
  int64_t day = 0;  ///< since 1970, UTC: the one that the next is about
  uint64_t bytes_written_today = 0;
  uint64_t bytes_written = 0;        ///< ever, without the copies that compaction makes
  uint64_t replaced_tail_bytes = 0;  ///< of these: tails of which a newer one took the place
  uint64_t reused_tokens = 0;
  uint64_t saved_ms = 0;
};

/// What one transaction changes, or all that there is.
struct IndexChanges {
  std::vector<uint32_t> rewritten_packs;  ///< first of all: what rows they have are wrong
  std::vector<IndexedRecord> added;
  std::vector<IndexedRecord> touched;                  ///< only the time of use
  std::vector<std::pair<uint32_t, uint64_t>> removed;  ///< pack and offset
  std::vector<uint32_t> removed_packs;                 ///< with all their records
  std::map<uint32_t, IndexedPack> packs;
  std::map<BlockOwner, std::optional<OwnerEntry>> owners;  ///< nothing: the owner is forgotten
  std::optional<IndexCounters> counters;

  bool empty() const;
  /// Adds what changed after.
  void append(IndexChanges newer);
};

struct IndexContents {
  std::map<uint32_t, IndexedPack> packs;
  std::map<uint32_t, std::vector<IndexedRecord>> records;  ///< by pack, in the order of the offsets
  std::map<BlockOwner, OwnerEntry> owners;
  IndexCounters counters;
};

/// `index.sqlite` in the store's folder; docs/formats/kv-store.md describes its tables. For one thread at a
/// time.
class StoreIndex {
 public:
  static constexpr std::string_view kFileName = "index.sqlite";

  /// An error where it is damaged or can't be read: `discard` makes room for a new one.
  static Result<std::unique_ptr<StoreIndex>> open(const std::filesystem::path& directory, FileSystem& files);
  static void discard(const std::filesystem::path& directory, FileSystem& files);

  /// All of it. Rows that make no sense end it with Corrupt.
  Result<IndexContents> load();
  /// All or nothing.
  Result<void> commit(const IndexChanges& changes);

 private:
  StoreIndex(std::unique_ptr<FileSystemVfs> vfs, Database database)
      : vfs_(std::move(vfs)), database_(std::move(database)) {}
  Result<void> load_packs(IndexContents& contents);
  Result<void> load_records(IndexContents& contents);
  Result<void> load_owners(IndexContents& contents);
  Result<void> load_counters(IndexContents& contents);
  Result<void> forget_pack(uint32_t number);
  Result<void> commit_records(const IndexChanges& changes);
  Result<void> commit_packs(const IndexChanges& changes);
  Result<void> commit_owners(const IndexChanges& changes);
  Result<void> commit_counters(const IndexCounters& counters);

  std::unique_ptr<FileSystemVfs> vfs_;  // first: the connection uses it until it is closed
  Database database_;
};

}  // namespace kvasir::storage
