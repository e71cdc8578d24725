#pragma once

#include "storage/kv/block_table.h"
#include "storage/kv/disk_block_store.h"
#include "storage/kv/eviction.h"
#include "storage/kv/owner_book.h"
#include "storage/kv/read_pool.h"
#include "storage/kv/record_stream.h"
#include "storage/kv/store_index.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace kvasir::storage {

/// What the store's callers and its writer thread share.
struct DiskBlockStore::State {
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  struct Queued {
    uint64_t sequence = 0;
    RecordIdentity identity;
    BlockKey parent{};
    std::shared_ptr<const std::vector<std::byte>> record;
    Clock::time_point since;
  };
  using Group = std::vector<Queued>;
  /// A record that is queued or being written, to be read meanwhile.
  struct Pending {
    uint64_t sequence = 0;
    RecordKind kind = RecordKind::Block;
    BlockKey parent{};
    std::shared_ptr<const std::vector<std::byte>> record;
  };
  /// A record on the disk that is no longer in use and not yet marked so.
  struct Doomed {
    RecordPlace place;
    RecordIdentity identity;
  };
  struct PackEntry {
    std::shared_ptr<Pack> pack;
    /// Every record before is in the table or is dead.
    uint64_t known_bytes = 0;
    /// XOR over the pack's records in the table.
    uint64_t digest = 0;
    /// Some of it cannot be read: it is left as it is until the store is opened again.
    bool unreadable = false;
  };
  /// A file whose records can't be used under this secret. It goes first when room is needed.
  struct ForeignPack {
    std::filesystem::path path;
    uint64_t bytes = 0;
    int64_t created_at_ms = 0;
  };
  struct Refusal {
    Saving reason = Saving::Failed;
    Error error;
  };
  struct Pause {
    Refusal refusal;
    Clock::time_point retry_at;
  };
  template <class T = void>
  using Outcome = tl::expected<T, Refusal>;

  State(std::filesystem::path folder, FileSystem& file_system, const DiskBlockStoreOptions& wanted);

  // Before the threads start (store_loader.cpp).
  Result<void> load();
  void load_index(IndexContents& contents);
  void load_pack(uint32_t number, IndexContents& contents);
  bool take_rows(const std::shared_ptr<Pack>& pack, IndexContents& contents);
  void take_walked(const std::shared_ptr<Pack>& pack, uint64_t from);
  /// An old index may name what has been written anew elsewhere since.
  bool is_still_there(const BlockKey& key) const;
  void take_owners(const IndexContents& contents);

  // With `mutex` held (store_state.cpp).
  int64_t now_ms() const;
  bool holds(const BlockKey& key) const { return table.find(key) != nullptr || pending.contains(key); }
  OwnerBook::ParentOf parent_of() const;
  bool accepts(size_t bytes);
  /// From now on the record can be read; who calls decides where it waits.
  Queued make_queued(const RecordIdentity& identity, const BlockKey& parent, std::vector<std::byte> record);
  void enqueue(const BlockKey& key, const BlockKey& parent, std::vector<std::byte> record);
  /// Puts a durable record into the table and its row into the index; false where the key is held.
  bool add_record(const BlockKey& key, const StoredRecord& record);
  /// The other way round; the record is to be marked dead. Its owners' chains end before it.
  void remove_record(const BlockKey& key);
  /// Removes a record wherever it is: durable, being written, or queued, then with what is queued behind it.
  void forget(const BlockKey& key);
  void drop_queued(const BlockKey& key);
  void note_row(const IndexedRecord& row, bool added);
  void doom(RecordPlace place, const RecordIdentity& identity);
  /// What the index has to be told, and all that it would have to be told if it were empty.
  IndexChanges take_changes();
  IndexChanges everything() const;
  OwnerEntry durable(const OwnerEntry& entry) const;
  static IndexedPack indexed(const PackEntry& entry);
  void mark_dirty();
  OwnerEntry& owner_entry(const BlockOwner& owner);
  void apply_limits();
  void begin_day();
  uint64_t bytes_written_today() const;
  uint64_t bytes_on_disk() const;
  uint64_t dead_bytes(const PackEntry& entry) const;
  /// What is read for these keys, up to the first that is missing.
  std::vector<WantedRecord> wanted(std::span<const BlockKey> keys) const;
  std::vector<BlockKey> own_blocks(const OwnerEntry& entry) const;

  // With `mutex` held (store_tails.cpp).
  /// In the place of the owner's former one; the one of another owner is to be written now.
  void hold_tail(const BlockKey& key, const BlockKey& parent, std::vector<std::byte> record);
  /// Has it written, unless too much has been written in vain already.
  void queue_held_tail();
  bool may_replace_tail(const BlockKey& key) const;
  /// A newer one is durable.
  void replace_tail(const BlockKey& key);

  // Without `mutex`, by readers (disk_block_store.cpp).
  size_t deliver(std::span<const WantedRecord> records, const Sink& sink, const std::stop_token& stop);
  void used(std::span<const WantedRecord> records);
  void damaged(const WantedRecord& record);

  // The writer thread's (store_writer.cpp); those with a Lock let go of `mutex` meanwhile.
  void run();
  void wait_for_work(Lock& lock);
  bool is_urgent() const;
  Clock::time_point next_deadline() const;
  void pass(Lock& lock);
  void write_next_group(Lock& lock);
  Group take_group();
  bool finished(uint64_t sequence) const;
  Outcome<> write_group(const Group& group, size_t& published);
  bool fits_into_pack(size_t payload_bytes) const;
  Outcome<RecordPlace> append(const RecordIdentity& identity, const BlockKey& parent,
                              std::span<const std::byte> payload);
  Outcome<> next_pack();
  /// Makes what was appended to the current pack durable, its name included.
  Outcome<> sync_pack();
  void publish(std::span<const Queued> written, std::span<const RecordPlace> places);
  /// These could not be written: saving pauses or ends.
  void drop(std::span<const Queued> lost, const Refusal& why);
  void drop_queue();
  void poison(const Error& error);
  void bury_doomed();
  void save_index();
  void remake_index();
  static Refusal refusal(const Error& error);

  // The writer thread's care for space (store_space.cpp).
  /// Makes sure that so many bytes may be written.
  Outcome<> make_room(uint64_t bytes);
  Outcome<> keep_to_budget(uint64_t bytes);
  Outcome<> keep_to_quota(uint64_t bytes);
  Outcome<> keep_to_floor(uint64_t bytes);
  /// What is queued or being written continues these.
  BlockSet parents_of_pending() const;
  void evict(const EvictionWish& wish, uint64_t DiskBlockStoreStats::*counter);
  void remove_dead_packs();
  void remove_foreign_packs(int64_t created_before_ms);
  void tidy_up(Lock& lock);
  /// The pack with the greatest share of dead bytes, if that is more than so many of a hundred.
  std::optional<uint32_t> deadest_pack(uint64_t percent) const;
  bool fits(uint64_t bytes) const;

  // (compaction.cpp)
  struct LiveRecord {
    BlockKey key{};
    StoredRecord record;
    RecordPlace copy;
  };
  /// Copies what lives in a pack and removes it. A pack that can't be read is left as it is, and remembered.
  Outcome<> compact(uint32_t number);
  std::vector<LiveRecord> records_of(uint32_t number) const;
  Outcome<> copy(std::vector<LiveRecord>& live);
  /// From now on the copies, which are durable, are used.
  void adopt(std::span<const LiveRecord> copied);

  const std::filesystem::path directory;
  FileSystem& files;
  const DiskBlockStoreOptions options;
  const RecordCipher cipher;

  // Only the writer thread's.
  std::unique_ptr<StoreIndex> index;  ///< null where there can be none
  IndexChanges unsaved;               ///< what the index could not be told yet
  std::shared_ptr<Pack> current;      ///< where records go; none until one is needed
  bool current_is_new = false;
  uint32_t next_number = 1;

  /// Protects everything below; never held while the disk works.
  mutable std::mutex mutex;
  std::condition_variable work;      ///< for the writer: something is queued, asked for, or ends
  std::condition_variable progress;  ///< the writer has come further
  DiskBlockStoreLimits limits;
  bool clearing_foreign = false;
  uint64_t quota_bytes = 0;
  std::map<uint32_t, PackEntry> packs;
  std::vector<ForeignPack> foreign;
  BlockTable table;
  OwnerBook owners;
  std::deque<Queued> queue;
  /// The tail of the chat that is being talked to: its next turn is going to replace it. Written when another
  /// chat has one, after a while, and at the end.
  std::optional<Queued> held_tail;
  BlockMap<Pending> pending;
  std::vector<Doomed> doomed;
  IndexChanges changes;  ///< rows, packs that are gone; the rest is in these:
  std::set<uint32_t> dirty_packs;
  std::set<BlockOwner> dirty_owners;
  BlockSet touched;
  IndexCounters counters;
  bool counters_dirty = false;
  std::optional<Clock::time_point> dirty_since;            ///< something besides the queue is to be done
  std::optional<std::pair<uint64_t, uint64_t>> in_flight;  ///< first and last sequence number being written
  uint64_t last_sequence = 0;
  size_t queued_bytes = 0;   ///< of `queue`
  size_t pending_bytes = 0;  ///< of `queue`, `held_tail` and what is being written: what the ring holds
  // How far the writer has come, and how far somebody waits for it to come: a pass writes what is due.
  uint64_t passes_begun = 0;
  uint64_t passes_ended = 0;
  uint64_t passes_wanted = 0;
  uint64_t flush_until = 0;  ///< sequence number
  uint64_t tidies_begun = 0;
  uint64_t tidies_ended = 0;
  uint64_t tidies_wanted = 0;
  Clock::time_point tidy_at;
  bool stopping = false;
  std::optional<Error> failure;
  std::optional<Pause> pause;
  DiskBlockStoreStats counts;  ///< those since opening

  // Last, so that they end first.
  ReadPool readers;
  std::thread writer;
};

/// Leave the function with the refusal of `expression`, an Outcome.
#define KVASIR_KV_TRY(expression)                               \
  do {                                                          \
    if (auto outcome_of_try = (expression); !outcome_of_try)    \
      return tl::unexpected(std::move(outcome_of_try).error()); \
  } while (false)

}  // namespace kvasir::storage
