#include "storage/kv/disk_block_store.h"

#include "storage/base/try.h"
#include "storage/kv/disk_block_store_state.h"

#include <algorithm>
#include <new>
#include <utility>

namespace kvasir::storage {
namespace {

/// How much the operating system is asked to read ahead at a time.
constexpr uint64_t kReadAheadBytes = uint64_t{8} << 20;

/// A buffer that grows without being filled with zeros first, at the alignment of a record's payload.
class ReadBuffer {
 public:
  ReadBuffer() = default;
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  ~ReadBuffer() { release(); }

  /// Empty where memory is short.
  std::optional<std::span<std::byte>> resize(size_t bytes) {
    if (bytes > capacity_) {
      release();
      data_ = static_cast<std::byte*>(::operator new(bytes, kAlignment, std::nothrow));
      if (data_ == nullptr) return std::nullopt;
      capacity_ = bytes;
    }
    return std::span(data_, bytes);
  }

 private:
  static constexpr std::align_val_t kAlignment{kRecordAlignmentBytes};
  void release() {
    ::operator delete(data_, kAlignment);
    data_ = nullptr;
    capacity_ = 0;
  }

  std::byte* data_ = nullptr;
  size_t capacity_ = 0;
};

constexpr BlockKey kNoParent{};

}  // namespace

Result<void> DiskBlockStore::State::load() {
  KVASIR_TRY(files.create_directories(directory));
  KVASIR_TRY_ASSIGN(const auto paths, files.list(directory));
  std::vector<uint32_t> numbers;
  for (const auto& path : paths) {
    if (const auto number = pack_number(path)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  for (const uint32_t number : numbers) {
    next_number = number + 1;
    // Only the newest pack is ever appended to.
    current = nullptr;
    std::vector<std::pair<BlockKey, Location>> found;
    auto pack =
        Pack::open(files, pack_path(directory, number), [&](uint64_t offset, const RecordHeader& header) {
          found.emplace_back(header.key,
                             Location{nullptr, offset, header.payload_bytes, header.payload_checksum});
        });
    if (!pack || (*pack)->is_of_unknown_version()) {
      ++counts.packs_skipped;
      continue;
    }
    for (auto& [key, location] : found) {
      location.pack = pack->get();
      index.emplace(key, location);
    }
    counts.bytes_on_disk += (*pack)->end();
    if ((*pack)->appendable()) current = pack->get();
    // A process that was killed may not have come to making its name durable.
    current_is_new = true;
    packs.push_back(std::move(*pack));
  }
  return {};
}

Result<std::unique_ptr<DiskBlockStore>> DiskBlockStore::open(const std::filesystem::path& directory,
                                                             FileSystem& files,
                                                             const DiskBlockStoreOptions& options) {
  auto state = std::make_unique<State>(directory, files, options);
  KVASIR_TRY(state->load());
  return std::unique_ptr<DiskBlockStore>(new DiskBlockStore(std::move(state)));
}

DiskBlockStore::DiskBlockStore(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->writer = std::thread([state = state_.get()] { state->run(); });
}

DiskBlockStore::~DiskBlockStore() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
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
  ReadBuffer buffer;
  // Two windows are asked for at once, so that the disk has work while one of them is taken.
  size_t asked = 0;
  size_t ask_at = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (stop.stop_requested()) return i;
    if (i >= ask_at) {
      ask_at = asked;
      asked += read_ahead(keys.subspan(asked), kReadAheadBytes);
    }
    std::shared_ptr<const std::vector<std::byte>> queued;
    State::Location location;
    {
      const std::lock_guard lock(state_->mutex);
      if (const auto waiting = state_->pending.find(keys[i]); waiting != state_->pending.end()) {
        queued = waiting->second;
      } else if (const auto held = state_->index.find(keys[i]); held != state_->index.end()) {
        location = held->second;
      } else {
        return i;
      }
    }
    if (queued) {
      if (!sink(i, *queued)) return i;
      continue;
    }
    const auto record = buffer.resize(location.payload_bytes);
    if (!record) return i;
    const auto read = location.pack->read_payload(location.offset, *record);
    // An input error may pass; a wrong checksum or a shorter file will not.
    const bool damaged =
        read ? checksum(*record) != location.payload_checksum : read.error().code == ErrorCode::Corrupt;
    if (damaged) state_->bury(keys[i], location);
    if (!read || damaged || !sink(i, *record)) return i;
  }
  return keys.size();
}

size_t DiskBlockStore::read_ahead(std::span<const BlockKey> keys, uint64_t bytes) const {
  uint64_t asked = 0;
  size_t i = 0;
  for (; i < keys.size() && asked < bytes; ++i) {
    State::Location location;
    {
      const std::lock_guard lock(state_->mutex);
      const auto held = state_->index.find(keys[i]);
      if (held == state_->index.end()) continue;
      location = held->second;
    }
    location.pack->read_ahead(location.offset, location.payload_bytes);
    asked += location.payload_bytes;
  }
  return i;
}

void DiskBlockStore::prefetch(std::span<const BlockKey> keys) {
  read_ahead(keys, UINT64_MAX);
}

bool DiskBlockStore::write(const BlockKey& key, const BlockKey& parent, std::vector<std::byte> record) {
  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  if (state.holds(key)) return true;
  if (parent != kNoParent && !state.holds(parent)) return false;
  const size_t bytes = record.size();
  if (state.failure || state.stopping || bytes > kMaxPayloadBytes ||
      bytes > state.options.ring_bytes - state.pending_bytes) {
    ++state.counts.blocks_dropped;
    return false;
  }
  auto shared = std::make_shared<const std::vector<std::byte>>(std::move(record));
  state.pending.emplace(key, shared);
  state.queue.push_back(
      {++state.last_sequence, key, parent, std::move(shared), std::chrono::steady_clock::now()});
  state.queued_bytes += bytes;
  state.pending_bytes += bytes;
  state.work.notify_one();
  return true;
}

void DiskBlockStore::quarantine(const BlockKey& key) {
  State::Location location;
  {
    std::unique_lock lock(state_->mutex);
    state_->drop_queued(key);
    state_->progress.notify_all();
    // What the writer has already taken will be on the disk.
    state_->progress.wait(lock, [&] { return !state_->pending.contains(key); });
    const auto held = state_->index.find(key);
    if (held == state_->index.end()) return;
    location = held->second;
  }
  state_->bury(key, location);
}

void DiskBlockStore::State::drop_queued(const BlockKey& key) {
  std::unordered_map<BlockKey, bool, BlockKeyHash> dropped;
  std::erase_if(queue, [&](const Queued& queued) {
    if (queued.key != key && !dropped.contains(queued.parent)) return false;
    dropped.emplace(queued.key, true);
    pending.erase(queued.key);
    queued_bytes -= queued.record->size();
    pending_bytes -= queued.record->size();
    return true;
  });
}

void DiskBlockStore::State::bury(const BlockKey& key, const Location& location) {
  {
    const std::lock_guard lock(mutex);
    const auto held = index.find(key);
    // Another thread was first, and the key may have been written anew since.
    if (held == index.end() || held->second != location) return;
    index.erase(held);
  }
  const std::lock_guard io(io_mutex);
  if (!location.pack->writable()) return;
  auto outcome = location.pack->bury(location.offset);
  if (outcome) outcome = location.pack->sync();
  if (outcome) return;
  const std::lock_guard lock(mutex);
  poison(outcome.error());
}

void DiskBlockStore::flush() {
  std::unique_lock lock(state_->mutex);
  const uint64_t until = state_->last_sequence;
  ++state_->flushing;
  state_->work.notify_one();
  state_->progress.wait(lock, [&] { return state_->finished(until); });
  --state_->flushing;
}

bool DiskBlockStore::State::finished(uint64_t sequence) const {
  if (in_flight && in_flight->first <= sequence) return false;
  return queue.empty() || queue.front().sequence > sequence;
}

DiskBlockStoreStats DiskBlockStore::stats() const {
  const std::lock_guard lock(state_->mutex);
  DiskBlockStoreStats stats = state_->counts;
  stats.blocks = state_->index.size();
  return stats;
}

Result<void> DiskBlockStore::health() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->failure) return tl::unexpected<Error>(*state_->failure);
  return {};
}

}  // namespace kvasir::storage
