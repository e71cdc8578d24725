// What the store's callers and its writer thread do with what they share.
#include "storage/kv/store_state.h"

#include <algorithm>

namespace kvasir::storage {

DiskBlockStore::State::State(std::filesystem::path folder, FileSystem& file_system,
                             const DiskBlockStoreOptions& wanted)
    : directory(std::move(folder)),
      files(file_system),
      options(wanted),
      cipher(wanted.secret),
      limits(wanted.limits),
      readers(wanted.read_threads) {}

int64_t DiskBlockStore::State::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(options.now().time_since_epoch()).count();
}

OwnerBook::ParentOf DiskBlockStore::State::parent_of() const {
  return [this](const BlockKey& key) -> std::optional<BlockKey> {
    if (const StoredRecord* held = table.find(key)) return held->parent;
    const auto waiting = pending.find(key);
    return waiting != pending.end() ? std::optional(waiting->second.parent) : std::nullopt;
  };
}

bool DiskBlockStore::State::accepts(size_t bytes) {
  const bool paused = pause && Clock::now() < pause->retry_at;
  if (!failure && !paused && !stopping && bytes <= kMaxPayloadBytes &&
      bytes <= options.ring_bytes - pending_bytes) {
    return true;
  }
  ++counts.blocks_dropped;
  return false;
}

DiskBlockStore::State::Queued DiskBlockStore::State::make_queued(const RecordIdentity& identity,
                                                                 const BlockKey& parent,
                                                                 std::vector<std::byte> record) {
  auto shared = std::make_shared<const std::vector<std::byte>>(std::move(record));
  pending[identity.key] = {++last_sequence, identity.kind, parent, shared};
  pending_bytes += identity.payload_bytes;
  return {last_sequence, identity, parent, std::move(shared), Clock::now()};
}

void DiskBlockStore::State::enqueue(const BlockKey& key, const BlockKey& parent,
                                    std::vector<std::byte> record) {
  const RecordIdentity identity{RecordKind::Block, key, record.size()};
  queue.push_back(make_queued(identity, parent, std::move(record)));
  queued_bytes += identity.payload_bytes;
  work.notify_one();
}

bool DiskBlockStore::State::add_record(const BlockKey& key, const StoredRecord& record) {
  if (!table.insert(key, record)) return false;
  note_row({record.place.pack->number(), record.place.offset, record.kind, key, record.parent,
            record.payload_bytes, record.last_used_ms},
           true);
  return true;
}

void DiskBlockStore::State::remove_record(const BlockKey& key) {
  const auto record = table.erase(key);
  if (!record) return;
  note_row({record->place.pack->number(), record->place.offset, record->kind, key, record->parent,
            record->payload_bytes, record->last_used_ms},
           false);
  doom(record->place, {record->kind, key, record->payload_bytes});
  touched.erase(key);
  for (BlockOwner& owner : owners.block_removed(key, record->parent, parent_of())) {
    dirty_owners.insert(std::move(owner));
  }
}

void DiskBlockStore::State::note_row(const IndexedRecord& row, bool added) {
  packs.at(row.pack).digest ^= row.digest();
  dirty_packs.insert(row.pack);
  if (added) {
    changes.added.push_back(row);
  } else {
    changes.removed.emplace_back(row.pack, row.offset);
  }
  mark_dirty();
}

void DiskBlockStore::State::doom(RecordPlace place, const RecordIdentity& identity) {
  doomed.push_back({std::move(place), identity});
  mark_dirty();
}

void DiskBlockStore::State::mark_dirty() {
  if (dirty_since) return;
  dirty_since = Clock::now();
  work.notify_one();
}

void DiskBlockStore::State::forget(const BlockKey& key) {
  drop_queued(key);
  // What the writer has taken already becomes dead once it has been written.
  if (const auto waiting = pending.find(key); waiting != pending.end()) {
    const BlockKey parent = waiting->second.parent;
    pending.erase(waiting);
    owners.block_removed(key, parent, parent_of());
  }
  remove_record(key);
}

void DiskBlockStore::State::drop_queued(const BlockKey& key) {
  BlockSet dropped;
  const auto goes = [&](const Queued& queued) {
    if (queued.identity.key != key && !dropped.contains(queued.parent)) return false;
    dropped.insert(queued.identity.key);
    pending.erase(queued.identity.key);
    pending_bytes -= queued.record->size();
    owners.block_removed(queued.identity.key, queued.parent, parent_of());
    return true;
  };
  std::erase_if(queue, [&](const Queued& queued) {
    if (!goes(queued)) return false;
    queued_bytes -= queued.record->size();
    return true;
  });
  if (held_tail && goes(*held_tail)) held_tail.reset();
  if (!dropped.empty()) progress.notify_all();
}

OwnerEntry DiskBlockStore::State::durable(const OwnerEntry& entry) const {
  OwnerEntry result = entry;
  result.heads.clear();
  for (BlockKey head : entry.heads) {
    for (auto waiting = pending.find(head); waiting != pending.end() && table.find(head) == nullptr;
         waiting = pending.find(head)) {
      head = waiting->second.parent;
    }
    if (table.find(head) != nullptr) result.heads.insert(head);
  }
  return result;
}

IndexedPack DiskBlockStore::State::indexed(const PackEntry& entry) {
  IndexedPack pack{entry.pack->id(), entry.known_bytes, entry.digest};
  pack.digest ^= pack.own_digest();
  return pack;
}

IndexChanges DiskBlockStore::State::take_changes() {
  IndexChanges taken = std::exchange(changes, {});
  for (const BlockKey& key : std::exchange(touched, {})) {
    const StoredRecord* record = table.find(key);
    if (record == nullptr) continue;
    taken.touched.push_back({record->place.pack->number(), record->place.offset, record->kind, key,
                             record->parent, record->payload_bytes, record->last_used_ms});
  }
  for (const uint32_t number : std::exchange(dirty_packs, {})) {
    const auto entry = packs.find(number);
    if (entry != packs.end()) taken.packs.emplace(number, indexed(entry->second));
  }
  for (const BlockOwner& owner : std::exchange(dirty_owners, {})) {
    const OwnerEntry* entry = owners.find(owner);
    taken.owners.emplace(owner, entry != nullptr ? std::optional(durable(*entry)) : std::nullopt);
  }
  if (std::exchange(counters_dirty, false)) taken.counters = counters;
  return taken;
}

IndexChanges DiskBlockStore::State::everything() const {
  IndexChanges all;
  for (const auto& [key, record] : table.records()) {
    all.added.push_back({record.place.pack->number(), record.place.offset, record.kind, key, record.parent,
                         record.payload_bytes, record.last_used_ms});
  }
  for (const auto& [number, entry] : packs) all.packs.emplace(number, indexed(entry));
  for (const auto& [owner, entry] : owners.owners()) all.owners.emplace(owner, durable(entry));
  all.counters = counters;
  return all;
}

uint64_t DiskBlockStore::State::bytes_on_disk() const {
  uint64_t bytes = 0;
  for (const auto& [number, entry] : packs) bytes += entry.pack->bytes_on_disk();
  for (const ForeignPack& pack : foreign) bytes += pack.bytes;
  return bytes;
}

uint64_t DiskBlockStore::State::dead_bytes(const PackEntry& entry) const {
  return entry.pack->bytes_on_disk() - kPackHeaderBytes - table.live_bytes(entry.pack->number());
}

std::vector<WantedRecord> DiskBlockStore::State::wanted(std::span<const BlockKey> keys) const {
  std::vector<WantedRecord> found;
  found.reserve(keys.size());
  for (const BlockKey& key : keys) {
    if (const auto waiting = pending.find(key); waiting != pending.end()) {
      const Pending& record = waiting->second;
      found.push_back({{record.kind, key, record.record->size()}, {}, record.record});
    } else if (const StoredRecord* held = table.find(key)) {
      found.push_back({{held->kind, key, held->payload_bytes}, held->place, nullptr});
    } else {
      break;
    }
  }
  return found;
}

std::vector<BlockKey> DiskBlockStore::State::own_blocks(const OwnerEntry& entry) const {
  BlockMap<std::vector<BlockKey>> children;
  BlockSet tails;
  const auto take = [&](const BlockKey& key, const BlockKey& parent, RecordKind kind) {
    children[parent].push_back(key);
    if (kind == RecordKind::Tail) tails.insert(key);
  };
  for (const auto& [key, record] : table.records()) take(key, record.parent, record.kind);
  for (const auto& [key, waiting] : pending) take(key, waiting.parent, waiting.kind);

  std::vector<BlockKey> own;
  BlockSet gone;
  const auto is_own = [&](const BlockKey& key) {
    if (owners.owners_of_head(key) != nullptr || tails.contains(key)) return false;
    const auto of_key = children.find(key);
    return of_key == children.end() ||
           std::ranges::all_of(of_key->second, [&](const BlockKey& child) { return gone.contains(child); });
  };
  const auto parents = parent_of();
  for (const BlockKey& head : entry.heads) {
    // What was continued from it, each block behind its parent.
    std::vector<BlockKey> behind = {head};
    BlockSet seen = {head};
    for (size_t i = 0; i < behind.size(); ++i) {
      const auto of_key = children.find(behind[i]);
      if (of_key == children.end()) continue;
      for (const BlockKey& child : of_key->second) {
        if (seen.insert(child).second) behind.push_back(child);
      }
    }
    const auto take_if_own = [&](const BlockKey& key) {
      if (!is_own(key) || !gone.insert(key).second) return false;
      own.push_back(key);
      return true;
    };
    std::ranges::for_each(behind.rbegin(), behind.rend(), take_if_own);
    if (!gone.contains(head)) continue;
    for (auto at = parents(head); at && parents(*at) && take_if_own(*at);) at = parents(*at);
  }
  return own;
}

}  // namespace kvasir::storage
