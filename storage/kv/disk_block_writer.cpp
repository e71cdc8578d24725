// The writer thread's side of the block store.
#include "storage/base/try.h"
#include "storage/kv/disk_block_store_state.h"

#include <algorithm>
#include <exception>

namespace kvasir::storage {
namespace {

/// Enough that one sync costs little beside the bytes it covers.
constexpr size_t kGroupBytes = size_t{16} << 20;

}  // namespace

void DiskBlockStore::State::run() {
  std::unique_lock lock(mutex);
  // A small ring must not wait for a group that it can never hold.
  const size_t enough = std::min(kGroupBytes, options.ring_bytes / 2);
  for (;;) {
    work.wait(lock, [&] { return stopping || !queue.empty(); });
    if (queue.empty()) return;
    const auto deadline = queue.front().since + options.group_delay;
    work.wait_until(lock, deadline,
                    [&] { return stopping || flushing > 0 || queued_bytes >= enough || queue.empty(); });
    if (queue.empty()) continue;
    Group group = take_group();
    lock.unlock();
    Result<std::vector<Location>> outcome;
    try {
      outcome = append(group);
    } catch (const std::exception& error) {
      outcome =
          fail(ErrorCode::Io, std::string("Kvasir's cache could not be written: ") + error.what() + ".");
    }
    lock.lock();
    publish(group, outcome);
    progress.notify_all();
  }
}

DiskBlockStore::State::Group DiskBlockStore::State::take_group() {
  Group group;
  size_t bytes = 0;
  while (!queue.empty() && (group.empty() || bytes + queue.front().record->size() <= kGroupBytes)) {
    bytes += queue.front().record->size();
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  queued_bytes -= bytes;
  in_flight = {group.front().sequence, group.back().sequence};
  return group;
}

void DiskBlockStore::State::publish(Group& group, const Result<std::vector<Location>>& outcome) {
  for (size_t i = 0; i < group.size(); ++i) {
    const Queued& queued = group[i];
    pending.erase(queued.key);
    pending_bytes -= queued.record->size();
    if (outcome) {
      index.emplace(queued.key, (*outcome)[i]);
      counts.bytes_on_disk += record_bytes(queued.record->size());
      ++counts.blocks_written;
    } else {
      ++counts.blocks_dropped;
    }
  }
  in_flight.reset();
  if (!outcome) poison(outcome.error());
}

void DiskBlockStore::State::poison(const Error& error) {
  if (!failure) failure = error;
  counts.blocks_dropped += queue.size();
  for (const Queued& queued : queue) {
    pending.erase(queued.key);
    pending_bytes -= queued.record->size();
  }
  queue.clear();
  queued_bytes = 0;
  progress.notify_all();
}

Result<std::vector<DiskBlockStore::State::Location>> DiskBlockStore::State::append(const Group& group) {
  const std::lock_guard io(io_mutex);
  uint64_t group_bytes = 0;
  for (const Queued& queued : group) group_bytes += record_bytes(queued.record->size());
  KVASIR_TRY(check_room(group_bytes));
  std::vector<Location> locations;
  locations.reserve(group.size());
  for (const Queued& queued : group) {
    const uint64_t bytes = record_bytes(queued.record->size());
    const bool fits =
        current != nullptr && (current->end() == 0 || current->end() + bytes <= options.pack_bytes);
    if (!fits) {
      // A block must not become durable before its parent, which may be in the pack before.
      KVASIR_TRY(sync_pack());
      KVASIR_TRY(next_pack());
    }
    if (!current->appendable()) {
      return fail(ErrorCode::Io, "Kvasir's cache in " + directory.string() +
                                     " can no longer be written after an error. Restart Kvasir to go on.");
    }
    const RecordHeader header{kRecordLive, queued.key, queued.parent, queued.record->size(),
                              checksum(*queued.record)};
    locations.push_back({current, current->end(), header.payload_bytes, header.payload_checksum});
    KVASIR_TRY(current->append(header, *queued.record));
  }
  KVASIR_TRY(sync_pack());
  return locations;
}

Result<void> DiskBlockStore::State::check_room(uint64_t bytes) {
  KVASIR_TRY_ASSIGN(const uint64_t free, files.free_bytes(directory));
  if (free >= options.min_free_bytes && free - options.min_free_bytes >= bytes) return {};
  return fail(ErrorCode::DiskFull,
              "The disk that holds " + directory.string() +
                  " is nearly full, so Kvasir's cache does not grow any more: long chats "
                  "will take longer to open. Free some space and restart Kvasir.");
}

Result<void> DiskBlockStore::State::sync_pack() {
  if (current == nullptr) return {};
  KVASIR_TRY(current->sync());
  if (current_is_new) KVASIR_TRY(files.sync_directory(directory));
  current_is_new = false;
  return {};
}

Result<void> DiskBlockStore::State::next_pack() {
  KVASIR_TRY_ASSIGN(auto pack, Pack::create(files, pack_path(directory, next_number)));
  ++next_number;
  current = pack.get();
  current_is_new = true;
  const std::lock_guard lock(mutex);
  packs.push_back(std::move(pack));
  return {};
}

}  // namespace kvasir::storage
