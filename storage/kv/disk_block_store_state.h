#pragma once

#include "storage/kv/disk_block_store.h"
#include "storage/kv/pack.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kvasir::storage {

/// Keys are digests: any eight bytes of one are spread well enough.
struct BlockKeyHash {
  size_t operator()(const BlockKey& key) const noexcept {
    size_t value = 0;
    std::memcpy(&value, key.data(), sizeof value);
    return value;
  }
};

/// What the store and its writer thread share. Where both mutexes are taken, `io_mutex` comes first.
struct DiskBlockStore::State {
  struct Location {
    Pack* pack = nullptr;
    uint64_t offset = 0;
    uint64_t payload_bytes = 0;
    uint64_t payload_checksum = 0;
    bool operator==(const Location&) const = default;
  };
  struct Queued {
    uint64_t sequence = 0;
    BlockKey key{};
    BlockKey parent{};
    std::shared_ptr<const std::vector<std::byte>> record;
    std::chrono::steady_clock::time_point since;
  };
  using Group = std::vector<Queued>;

  State(std::filesystem::path folder, FileSystem& file_system, const DiskBlockStoreOptions& wanted)
      : directory(std::move(folder)), files(file_system), options(wanted) {}

  /// Before the writer thread starts: reads every pack of the folder.
  Result<void> load();
  /// The writer thread's life.
  void run();

  // All of these with `mutex` held.
  bool holds(const BlockKey& key) const { return index.contains(key) || pending.contains(key); }
  Group take_group();
  void publish(Group& group, const Result<std::vector<Location>>& outcome);
  void poison(const Error& error);
  /// Removes a record that the writer has not taken yet, and those that are queued behind it in its chain.
  void drop_queued(const BlockKey& key);
  /// Nothing that was queued up to `sequence` is still waiting or being written.
  bool finished(uint64_t sequence) const;

  // These without `mutex`.
  /// Writes a group in order and syncs it; the location of each record.
  Result<std::vector<Location>> append(const Group& group);
  /// DiskFull where these bytes would leave less of the disk free than is to stay.
  Result<void> check_room(uint64_t bytes);
  /// Makes what was written to the current pack durable, its name included.
  Result<void> sync_pack();
  Result<void> next_pack();
  /// Never returns the record at this place again.
  void bury(const BlockKey& key, const Location& location);

  const std::filesystem::path directory;
  FileSystem& files;
  const DiskBlockStoreOptions options;

  /// Protects what is written to packs, and in which order; held while the disk works.
  std::mutex io_mutex;
  Pack* current = nullptr;  ///< where records go; none until one is needed
  bool current_is_new = false;
  uint32_t next_number = 1;

  /// Protects everything below; never held while the disk works.
  mutable std::mutex mutex;
  std::condition_variable work;      ///< for the writer: something is queued, asked for, or ends
  std::condition_variable progress;  ///< a group has been finished
  std::vector<std::unique_ptr<Pack>> packs;
  std::unordered_map<BlockKey, Location, BlockKeyHash> index;
  std::deque<Queued> queue;
  /// Records queued or being written, to be read meanwhile.
  std::unordered_map<BlockKey, std::shared_ptr<const std::vector<std::byte>>, BlockKeyHash> pending;
  std::optional<std::pair<uint64_t, uint64_t>> in_flight;  ///< first and last sequence number being written
  uint64_t last_sequence = 0;
  size_t queued_bytes = 0;   ///< of `queue`
  size_t pending_bytes = 0;  ///< of `pending`: what the ring holds
  int flushing = 0;
  bool stopping = false;
  std::optional<Error> failure;
  DiskBlockStoreStats counts;  ///< `blocks` excepted, which is the index's size

  std::thread writer;
};

}  // namespace kvasir::storage
