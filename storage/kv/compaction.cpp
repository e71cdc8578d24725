// Copying what lives in a pack to the newest one, so that the pack can be removed.
#include "storage/kv/store_state.h"

#include <algorithm>

namespace kvasir::storage {

DiskBlockStore::State::Outcome<> DiskBlockStore::State::compact(uint32_t number) {
  std::vector<LiveRecord> live = records_of(number);
  uint64_t bytes = 0;
  for (const LiveRecord& one : live) bytes += one.record.bytes_on_disk();
  // The quota is exceeded for a while, the rest is not.
  KVASIR_KV_TRY(keep_to_budget(bytes));
  KVASIR_KV_TRY(keep_to_floor(bytes));
  if (current != nullptr && current->number() == number) current = nullptr;
  KVASIR_KV_TRY(copy(live));
  bury_doomed();
  // The copies are durable and known before what they were made of goes.
  save_index();
  remove_dead_packs();
  const std::lock_guard lock(mutex);
  if (const auto left = packs.find(number); left != packs.end()) {
    left->second.unreadable = true;
  } else {
    ++counts.packs_compacted;
  }
  return {};
}

std::vector<DiskBlockStore::State::LiveRecord> DiskBlockStore::State::records_of(uint32_t number) const {
  std::vector<LiveRecord> live;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [key, record] : table.records()) {
      if (record.place.pack->number() == number) live.push_back({key, record, {}});
    }
  }
  std::ranges::sort(live, {}, [](const LiveRecord& one) { return one.record.place.offset; });
  return live;
}

DiskBlockStore::State::Outcome<> DiskBlockStore::State::copy(std::vector<LiveRecord>& live) {
  std::vector<std::byte> buffer;
  size_t adopted = 0;
  for (size_t i = 0; i < live.size(); ++i) {
    const StoredRecord& record = live[i].record;
    const RecordIdentity identity{record.kind, live[i].key, record.payload_bytes};
    buffer.resize(record.bytes_on_disk());
    const auto read = record.place.pack->read(record.place.offset, buffer);
    // An input error may pass; until then the pack stays.
    if (!read && read.error().code != ErrorCode::Corrupt) continue;
    const auto payload =
        read ? record.place.pack->open_record(record.place.offset, identity, buffer) : std::nullopt;
    if (!payload) {
      damaged({identity, record.place, nullptr});
      continue;
    }
    if (!fits_into_pack(payload->size())) {
      KVASIR_KV_TRY(sync_pack());
      adopt(std::span(live).subspan(adopted, i - adopted));
      adopted = i;
      KVASIR_KV_TRY(next_pack());
    }
    auto place = append(identity, record.parent, *payload);
    if (!place) return tl::unexpected(place.error());
    live[i].copy = std::move(*place);
  }
  KVASIR_KV_TRY(sync_pack());
  adopt(std::span(live).subspan(adopted));
  return {};
}

void DiskBlockStore::State::adopt(std::span<const LiveRecord> copied) {
  const std::lock_guard lock(mutex);
  for (const auto& [key, record, copy] : copied) {
    if (copy.pack == nullptr) continue;
    const uint32_t number = copy.pack->number();
    packs.at(number).known_bytes = copy.offset + record.bytes_on_disk();
    dirty_packs.insert(number);
    counters.bytes_written_today += record.bytes_on_disk();
    counts.bytes_compacted += record.bytes_on_disk();
    const StoredRecord* held = table.find(key);
    if (held == nullptr || held->place != record.place) {
      doom(copy, {record.kind, key, record.payload_bytes});  // forgotten or replaced meanwhile
      continue;
    }
    const int64_t last_used_ms = held->last_used_ms;
    const uint32_t old = record.place.pack->number();
    note_row({old, record.place.offset, record.kind, key, record.parent, record.payload_bytes, last_used_ms},
             false);
    note_row({number, copy.offset, record.kind, key, record.parent, record.payload_bytes, last_used_ms},
             true);
    table.move(key, copy);
  }
  counters_dirty = true;
}

}  // namespace kvasir::storage
