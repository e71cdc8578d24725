#pragma once

#include "storage/base/result.h"
#include "storage/fs/file_system.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace kvasir::storage {

using BlockKey = std::array<std::byte, 32>;

/// Who uses blocks, as the application names it: a conversation, a persona, a document.
using BlockOwner = std::string;
inline constexpr size_t kMaxOwnerBytes = 128;

/// What bounds the store. They may change while it is open.
struct DiskBlockStoreLimits {
  /// Of the pack files, dead records included. 0: a tenth of the disk, at most `kDefaultQuotaBytes`.
  uint64_t quota_bytes = 0;
  /// What stays free of the disk: the rest belongs to what can't be computed again.
  uint64_t min_free_bytes = uint64_t{1} << 30;
  /// What may be written in one day (UTC), to spare the disk; 0: any amount.
  uint64_t daily_write_bytes = uint64_t{32} << 30;
  /// A block that nobody used for so long is deleted; 0: never.
  std::chrono::hours time_to_live{30 * 24};
};

/// A million tokens of a model in the shape of DeepSeek-V2-Lite are 31 GB.
inline constexpr uint64_t kDefaultQuotaBytes = uint64_t{32} << 30;

struct DiskBlockStoreOptions {
  DiskBlockStoreLimits limits;
  /// Encrypts the payloads (AES-256-GCM); empty: they are written as they are.
  std::vector<std::byte> secret;
  /// Records waiting for the writer, in bytes; a block that finds no room is dropped.
  size_t ring_bytes = size_t{256} << 20;
  /// A pack that would grow beyond this is followed by another.
  uint64_t pack_bytes = uint64_t{128} << 20;
  /// How long a record waits for others to be written and synced with it.
  std::chrono::milliseconds group_delay{2000};
  /// How long a tail waits for the one that takes its place, as long as no other owner has a newer one.
  std::chrono::milliseconds tail_delay{5 * 60 * 1000};
  /// Beyond this, tails are replaced on the disk only while that makes up no more than a twenty-fifth of all
  /// bytes written.
  uint64_t replaced_tail_bytes = uint64_t{32} << 20;
  /// How long after it had no room the disk is asked again, when there is something to write.
  std::chrono::milliseconds retry_delay{5000};
  unsigned read_threads = 4;
  /// The time of day, by which uses are remembered and blocks expire. Called from any thread.
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
};

enum class Saving {
  On,
  DiskFull,     ///< until there is room again
  QuotaFull,    ///< what is kept is pinned: until something is unpinned, released, or the quota is raised
  DailyBudget,  ///< until tomorrow
  Failed,       ///< the disk refused: until the store is opened again
};

struct DiskBlockStoreStats {
  Saving saving = Saving::On;
  uint64_t blocks = 0;         ///< durable ones, without tails
  uint64_t tails = 0;          ///< durable ones
  uint64_t packs = 0;          ///< that could be opened
  uint64_t bytes_on_disk = 0;  ///< of all packs, dead records included
  uint64_t live_bytes = 0;     ///< of records that are held
  uint64_t quota_bytes = 0;    ///< in force
  uint64_t bytes_written_today = 0;
  uint64_t bytes_written = 0;  ///< ever, without the copies that compaction makes
  uint64_t reused_tokens = 0;  ///< ever, as reported
  uint64_t saved_ms = 0;       ///< ever, as reported

  // Since opening:
  uint64_t blocks_written = 0;   ///< and tails
  uint64_t blocks_dropped = 0;   ///< for lack of room or after a write error
  uint64_t blocks_evicted = 0;   ///< deleted to make room for others
  uint64_t blocks_expired = 0;   ///< deleted because nobody used them for too long
  uint64_t packs_compacted = 0;  ///< their live records were copied, and they were removed
  uint64_t bytes_compacted = 0;  ///< of the copies
  uint64_t packs_skipped = 0;    ///< at opening: unreadable, of a newer version, or under another secret
  bool index_rebuilt = false;    ///< at opening: owners and times of use were lost
};

/// What one owner uses.
struct BlockOwnerUsage {
  BlockOwner owner;
  uint64_t blocks = 0;     ///< full blocks, durable ones
  uint64_t bytes = 0;      ///< of those and the tail
  uint64_t own_bytes = 0;  ///< of what no other owner uses
  bool pinned = false;
  std::chrono::system_clock::time_point last_used;
  uint64_t reused_tokens = 0;  ///< as reported
  uint64_t saved_ms = 0;       ///< as reported
};

/// Opaque records under 32-byte keys, kept in append-only pack files beside an SQLite index
/// (docs/formats/kv-store.md). Blocks form chains: each names its parent, the block before.
///
/// How data flows: `write` queues a record, which can be read from the queue at once; a writer thread appends
/// it to a pack, syncs, and then tells the index. The same thread deletes, evicts and compacts, so no caller
/// ever waits for the disk but `flush`, `tidy`, `read` and `read_tail`. Several threads read and verify
/// ahead.
///
/// What is in packs is the truth; the index knows in addition when a block was last used and by whom. A lost
/// or damaged index is made anew from the packs.
///
/// A full disk pauses saving until there is room again. A failed write or sync ends it until the store is
/// opened again. Reading goes on in both cases; `health` says why. Every call may come from any thread; only
/// one process at a time may have the folder open.
///
/// The folder holds nothing that cannot be computed again, and may be deleted at any time. If that happens
/// while the store is open, what is held can still be read, and writing ends.
class DiskBlockStore {
 public:
  static Result<std::unique_ptr<DiskBlockStore>> open(const std::filesystem::path& directory,
                                                      FileSystem& files,
                                                      const DiskBlockStoreOptions& options = {});
  /// What a store in this folder consists of, for moving or deleting one that is not open: full paths.
  static Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& directory,
                                                             FileSystem& files);
  /// Writes what is queued, then joins the threads.
  ~DiskBlockStore();

  /// How many of `keys`, counted from the first, are held without a gap.
  size_t find_prefix(std::span<const BlockKey> keys) const;

  /// Reads records in order and hands each to `sink`, whose `false` ends it. Ends also at the first record
  /// that is missing or damaged (it is quarantined). Returns how many `sink` accepted. `sink` is called from
  /// the caller's thread.
  using Sink = std::function<bool(size_t index, std::span<const std::byte> record)>;
  size_t read(std::span<const BlockKey> keys, const Sink& sink, std::stop_token stop);

  /// Has these records read into the operating system's cache; returns at once.
  void prefetch(std::span<const BlockKey> keys);

  /// Queues a block; never waits for the disk. False where it was dropped: no room, saving is paused, or the
  /// parent (all zeros for none) is neither held nor queued. A key that is held already is accepted and not
  /// written again.
  bool write(const BlockKey& key, const BlockKey& parent, std::vector<std::byte> record);

  /// Queues the owner's tail: what follows its last full block `parent`. It takes the place of the owner's
  /// former tail and touches no block. Only the last of several is written: when another owner has one, after
  /// `tail_delay`, with `flush` and at the end; or none, where too much has been written for such already.
  /// False as in `write`.
  bool write_tail(const BlockOwner& owner, const BlockKey& parent, std::vector<std::byte> record);
  /// The owner's newest tail, also while it is not written yet; where it never was, the one before.
  std::optional<std::vector<std::byte>> read_tail(const BlockOwner& owner);

  /// Never returns these records again: at once in this process, and after `flush` also after any restart.
  /// The same keys may be written again.
  void quarantine(std::span<const BlockKey> keys);
  void quarantine(const BlockKey& key) { quarantine(std::span(&key, 1)); }

  // Owners. All of it takes effect at once and is written behind the caller's back.

  /// `owner` uses the chain that ends with the block `head`, which is held or queued (else nothing happens).
  /// A chain that it continues is replaced; an owner may have several that branch off each other.
  void claim(const BlockOwner& owner, const BlockKey& head);
  /// Forgets the owner, its tail, and the blocks that only it used, with what was continued from them by
  /// nobody. Blocks that another owner uses, or from which another chain goes on, stay.
  void release(const BlockOwner& owner);
  /// What a pinned owner uses is neither evicted nor does it expire.
  void pin(const BlockOwner& owner, bool pinned);
  /// Adds to the owner's counters and to the totals: tokens that came from the store, and the time that
  /// computing them would have taken.
  void report_reuse(const BlockOwner& owner, uint64_t tokens, std::chrono::milliseconds saved);
  /// Every owner, in the order of the names.
  std::vector<BlockOwnerUsage> usage() const;

  void set_limits(const DiskBlockStoreLimits& limits);
  /// Forgets all blocks, tails and owners; totals stay.
  void clear();

  /// Waits until everything asked for before the call is durable, or was dropped.
  void flush();
  /// Waits until what has expired or exceeds the quota has been deleted, and what is to be compacted has
  /// been.
  void tidy();

  DiskBlockStoreStats stats() const;
  /// Why nothing is saved at the moment (Saving::DailyBudget is no error).
  Result<void> health() const;

 private:
  struct State;
  explicit DiskBlockStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kvasir::storage
