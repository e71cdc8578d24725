#include "storage/kv/disk_block_store.h"

#include "storage/base/try.h"
#include "storage/kv/store_state.h"

#include <algorithm>
#include <utility>

namespace kvasir::storage {
namespace {

/// How much the operating system is asked to read ahead at a time, and in all: its cache is not ours alone.
constexpr uint64_t kReadAheadBytes = uint64_t{8} << 20;
constexpr uint64_t kMaxPrefetchBytes = uint64_t{2} << 30;

}  // namespace

Result<std::unique_ptr<DiskBlockStore>> DiskBlockStore::open(const std::filesystem::path& directory,
                                                             FileSystem& files,
                                                             const DiskBlockStoreOptions& options) {
  auto state = std::make_unique<State>(directory, files, options);
  KVASIR_TRY(state->load());
  state->apply_limits();
  return std::unique_ptr<DiskBlockStore>(new DiskBlockStore(std::move(state)));
}

Result<std::vector<std::filesystem::path>> DiskBlockStore::files_in(const std::filesystem::path& directory,
                                                                    FileSystem& files) {
  KVASIR_TRY_ASSIGN(auto paths, files.list(directory));
  std::erase_if(paths, [](const std::filesystem::path& path) {
    return !pack_number(path) && !path.filename().string().starts_with(StoreIndex::kFileName);
  });
  return paths;
}

DiskBlockStore::DiskBlockStore(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->writer = std::thread([state = state_.get()] { state->run(); });
}

DiskBlockStore::~DiskBlockStore() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->queue_held_tail();
  }
  state_->work.notify_one();
  state_->writer.join();
}

size_t DiskBlockStore::find_prefix(std::span<const BlockKey> keys) const {
  const std::lock_guard lock(state_->mutex);
  const auto missing = std::ranges::find_if(keys, [&](const BlockKey& key) { return !state_->holds(key); });
  return static_cast<size_t>(missing - keys.begin());
}

size_t DiskBlockStore::read(std::span<const BlockKey> keys, const Sink& sink, std::stop_token stop) {
  std::vector<WantedRecord> records;
  {
    const std::lock_guard lock(state_->mutex);
    records = state_->wanted(keys);
  }
  return state_->deliver(records, sink, stop);
}

size_t DiskBlockStore::State::deliver(std::span<const WantedRecord> records, const Sink& sink,
                                      const std::stop_token& stop) {
  RecordStream stream(records, readers);
  size_t accepted = 0;
  for (; accepted < records.size() && !stop.stop_requested(); ++accepted) {
    const RecordStream::Record record = stream.next();
    if (record.outcome == RecordStream::Outcome::Damaged) damaged(records[accepted]);
    if (record.outcome != RecordStream::Outcome::Intact || !sink(accepted, record.payload)) break;
  }
  used(records.first(accepted));
  return accepted;
}

void DiskBlockStore::State::used(std::span<const WantedRecord> records) {
  const std::lock_guard lock(mutex);
  const int64_t now = now_ms();
  for (const WantedRecord& record : records) {
    const BlockKey& key = record.identity.key;
    if (table.find(key) == nullptr) continue;
    table.touch(key, now);
    touched.insert(key);
  }
}

void DiskBlockStore::State::damaged(const WantedRecord& record) {
  const std::lock_guard lock(mutex);
  const StoredRecord* held = table.find(record.identity.key);
  // Another thread was first, or it was moved, or written anew since.
  if (held == nullptr || held->place != record.place) return;
  remove_record(record.identity.key);
}

void DiskBlockStore::prefetch(std::span<const BlockKey> keys) {
  std::vector<WantedRecord> records;
  {
    const std::lock_guard lock(state_->mutex);
    records = state_->wanted(keys);
  }
  if (records.empty()) return;
  // Asking may itself wait for the disk.
  state_->readers.post([records = std::move(records)] {
    uint64_t asked = 0;
    for (size_t i = 0; i < records.size() && asked < kMaxPrefetchBytes;) {
      const RecordPlace& first = records[i].place;
      uint64_t bytes = 0;
      for (; i < records.size() && bytes < kReadAheadBytes; ++i) {
        const bool follows =
            records[i].place.pack == first.pack && records[i].place.offset == first.offset + bytes;
        if (bytes != 0 && !follows) break;
        bytes += record_bytes(records[i].identity.payload_bytes);
      }
      if (first.pack != nullptr) first.pack->read_ahead(first.offset, bytes);
      asked += bytes;
    }
  });
}

bool DiskBlockStore::write(const BlockKey& key, const BlockKey& parent, std::vector<std::byte> record) {
  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  if (state.holds(key)) return true;
  if (parent != kNoParent && !state.holds(parent)) return false;
  if (!state.accepts(record.size())) return false;
  state.enqueue(key, parent, std::move(record));
  return true;
}

void DiskBlockStore::quarantine(std::span<const BlockKey> keys) {
  const std::lock_guard lock(state_->mutex);
  // The last first: what is queued behind a block would go with it one by one.
  std::ranges::for_each(keys.rbegin(), keys.rend(), [&](const BlockKey& key) { state_->forget(key); });
}

void DiskBlockStore::flush() {
  State& state = *state_;
  State::Lock lock(state.mutex);
  state.queue_held_tail();
  const uint64_t until = state.last_sequence;
  const uint64_t pass = state.passes_begun + 1;
  state.flush_until = std::max(state.flush_until, until);
  state.passes_wanted = std::max(state.passes_wanted, pass);
  state.work.notify_one();
  state.progress.wait(lock, [&] { return state.finished(until) && state.passes_ended >= pass; });
}

void DiskBlockStore::tidy() {
  State& state = *state_;
  State::Lock lock(state.mutex);
  const uint64_t tidies = ++state.tidies_wanted;
  state.work.notify_one();
  state.progress.wait(lock, [&] { return state.tidies_ended >= tidies; });
}

DiskBlockStoreStats DiskBlockStore::stats() const {
  const std::lock_guard lock(state_->mutex);
  const State& state = *state_;
  DiskBlockStoreStats stats = state.counts;
  if (state.pause) stats.saving = state.pause->refusal.reason;
  if (state.failure) stats.saving = Saving::Failed;
  stats.blocks = state.table.records().size() - state.table.tails();
  stats.tails = state.table.tails();
  stats.packs = state.packs.size();
  stats.bytes_on_disk = state.bytes_on_disk();
  stats.live_bytes = state.table.live_bytes();
  stats.quota_bytes = state.quota_bytes;
  stats.bytes_written_today = state.bytes_written_today();
  stats.bytes_written = state.counters.bytes_written;
  stats.reused_tokens = state.counters.reused_tokens;
  stats.saved_ms = state.counters.saved_ms;
  return stats;
}

Result<void> DiskBlockStore::health() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->failure) return tl::unexpected<Error>(*state_->failure);
  const auto& pause = state_->pause;
  if (pause && pause->refusal.reason != Saving::DailyBudget)
    return tl::unexpected<Error>(pause->refusal.error);
  return {};
}

}  // namespace kvasir::storage
