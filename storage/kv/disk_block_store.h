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
#include <span>
#include <stop_token>
#include <vector>

namespace kvasir::storage {

using BlockKey = std::array<std::byte, 32>;

struct DiskBlockStoreOptions {
  /// Records waiting for the writer, in bytes; a block that finds no room is dropped.
  size_t ring_bytes = size_t{256} << 20;
  /// A pack that would grow beyond this is followed by another.
  uint64_t pack_bytes = uint64_t{256} << 20;
  /// What stays free of the disk: the rest belongs to what can't be computed again.
  uint64_t min_free_bytes = uint64_t{128} << 20;
  /// How long a record waits for others to be written and synced with it.
  std::chrono::milliseconds group_delay{2000};
};

struct DiskBlockStoreStats {
  uint64_t blocks = 0;          ///< durable ones
  uint64_t bytes_on_disk = 0;   ///< of all packs that could be opened, dead records included
  uint64_t blocks_written = 0;  ///< since opening
  uint64_t blocks_dropped = 0;  ///< since opening, for lack of room or after a write error
  uint64_t packs_skipped = 0;   ///< at opening: unreadable, or of a version that is not known
};

/// Opaque records under 32-byte keys, kept in append-only pack files (docs/formats/kv-pack.md).
///
/// A writer thread appends what `write` queued; a record can be read from the queue until it is durable.
/// Opening walks the record headers; what is torn at the end of a pack is cut off. A failed write or sync
/// poisons writing until the store is opened again: reading goes on, further blocks are dropped, `health`
/// says why. Every call may come from any thread; only one process at a time may have the folder open.
///
/// The folder holds nothing that cannot be computed again, and may be deleted at any time. If that happens
/// while the store is open, what is held can still be read, and writing ends.
class DiskBlockStore {
 public:
  static Result<std::unique_ptr<DiskBlockStore>> open(const std::filesystem::path& directory,
                                                      FileSystem& files,
                                                      const DiskBlockStoreOptions& options = {});
  /// Writes what is queued, then joins the writer.
  ~DiskBlockStore();

  /// How many of `keys`, counted from the first, are held without a gap.
  size_t find_prefix(std::span<const BlockKey> keys) const;

  /// Reads records in order and hands each to `sink`, whose `false` ends it. Ends also at the first record
  /// that is missing or whose checksum is wrong (it is quarantined). Returns how many `sink` accepted.
  using Sink = std::function<bool(size_t index, std::span<const std::byte> record)>;
  size_t read(std::span<const BlockKey> keys, const Sink& sink, std::stop_token stop);

  /// Asks the operating system to read these records ahead.
  void prefetch(std::span<const BlockKey> keys);

  /// Queues a record; never waits for the disk. False where it was dropped: no room, or the parent (all zeros
  /// for none) is neither held nor queued. A key that is held already is accepted and not written again.
  bool write(const BlockKey& key, const BlockKey& parent, std::vector<std::byte> record);

  /// Never returns this record again, also after the store is opened anew: it is marked on the disk, which is
  /// synced before this returns. Where the disk refuses that, it holds until the store is closed. The same
  /// key may be written again. Not to be called from within a `Sink`.
  void quarantine(const BlockKey& key);

  /// Waits until everything queued before the call has been synced, or was dropped.
  void flush();

  DiskBlockStoreStats stats() const;
  /// The error that ended writing, if one did.
  Result<void> health() const;

 private:
  struct State;
  explicit DiskBlockStore(std::unique_ptr<State> state);
  /// Asks for as many records as `bytes` covers; how many keys that were.
  size_t read_ahead(std::span<const BlockKey> keys, uint64_t bytes) const;
  std::unique_ptr<State> state_;
};

}  // namespace kvasir::storage
