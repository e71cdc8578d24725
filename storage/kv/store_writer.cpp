// The writer thread: data, sync, then the index.
#include "storage/base/try.h"
#include "storage/kv/store_state.h"

#include <algorithm>
#include <exception>
#include <limits>

namespace kvasir::storage {
namespace {

/// Enough that one sync costs little beside the bytes it covers.
constexpr size_t kGroupBytes = size_t{16} << 20;

}  // namespace

DiskBlockStore::State::Refusal DiskBlockStore::State::refusal(const Error& error) {
  return {error.code == ErrorCode::DiskFull ? Saving::DiskFull : Saving::Failed, error};
}

void DiskBlockStore::State::run() {
  Lock lock(mutex);
  for (;;) {
    wait_for_work(lock);
    const bool last = stopping && queue.empty();
    try {
      pass(lock);
    } catch (const std::exception& error) {
      if (!lock.owns_lock()) lock.lock();
      poison({ErrorCode::Io, std::string("Kvasir's cache could not be written: ") + error.what() + "."});
    }
    passes_ended = passes_begun;
    in_flight.reset();
    progress.notify_all();
    if (last) return;
  }
}

void DiskBlockStore::State::wait_for_work(Lock& lock) {
  while (!is_urgent()) {
    const auto deadline = next_deadline();
    if (deadline <= Clock::now()) return;
    work.wait_until(lock, deadline);
  }
}

bool DiskBlockStore::State::is_urgent() const {
  // A small ring must not wait for a group that it can never hold.
  const size_t enough = std::min(kGroupBytes, options.ring_bytes / 2);
  return stopping || passes_wanted > passes_begun || tidies_wanted > tidies_ended || queued_bytes >= enough ||
         (!queue.empty() && queue.front().sequence <= flush_until);
}

DiskBlockStore::State::Clock::time_point DiskBlockStore::State::next_deadline() const {
  auto deadline = tidy_at;
  if (!queue.empty()) deadline = std::min(deadline, queue.front().since + options.group_delay);
  if (dirty_since) deadline = std::min(deadline, *dirty_since + options.group_delay);
  if (held_tail) deadline = std::min(deadline, held_tail->since + options.tail_delay);
  return deadline;
}

void DiskBlockStore::State::pass(Lock& lock) {
  ++passes_begun;
  dirty_since.reset();
  if (held_tail && Clock::now() >= held_tail->since + options.tail_delay) queue_held_tail();
  if (!queue.empty()) write_next_group(lock);
  const bool clears = std::exchange(clearing_foreign, false);
  const bool tidies = !stopping && (tidies_wanted > tidies_ended || Clock::now() >= tidy_at);
  lock.unlock();
  bury_doomed();
  save_index();
  remove_dead_packs();
  if (clears) remove_foreign_packs(std::numeric_limits<int64_t>::max());
  lock.lock();
  if (tidies && queue.empty()) tidy_up(lock);
}

void DiskBlockStore::State::write_next_group(Lock& lock) {
  Group group = take_group();
  lock.unlock();
  size_t published = 0;
  const auto outcome = write_group(group, published);
  lock.lock();
  if (outcome) {
    pause.reset();
  } else {
    drop(std::span(group).subspan(published), outcome.error());
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

bool DiskBlockStore::State::finished(uint64_t sequence) const {
  if (in_flight && in_flight->first <= sequence) return false;
  return queue.empty() || queue.front().sequence > sequence;
}

DiskBlockStore::State::Outcome<> DiskBlockStore::State::write_group(const Group& group, size_t& published) {
  uint64_t group_bytes = 0;
  for (const Queued& queued : group) group_bytes += record_bytes(queued.record->size());
  KVASIR_KV_TRY(make_room(group_bytes));
  std::vector<RecordPlace> places;
  const auto sync_and_publish = [&]() -> Outcome<> {
    KVASIR_KV_TRY(sync_pack());
    const std::lock_guard lock(mutex);
    publish(std::span(group).subspan(published, places.size()), places);
    published += places.size();
    places.clear();
    return {};
  };
  for (const Queued& queued : group) {
    if (!fits_into_pack(queued.record->size())) {
      // A block must not become durable before its parent, which may be in the pack before.
      KVASIR_KV_TRY(sync_and_publish());
      KVASIR_KV_TRY(next_pack());
    }
    auto place = append(queued.identity, queued.parent, *queued.record);
    if (!place) return tl::unexpected(place.error());
    places.push_back(std::move(*place));
  }
  return sync_and_publish();
}

bool DiskBlockStore::State::fits_into_pack(size_t payload_bytes) const {
  if (current == nullptr || !current->appendable()) return false;
  return current->end() == kPackHeaderBytes ||
         current->end() + record_bytes(payload_bytes) <= options.pack_bytes;
}

DiskBlockStore::State::Outcome<RecordPlace> DiskBlockStore::State::append(
    const RecordIdentity& identity, const BlockKey& parent, std::span<const std::byte> payload) {
  RecordHeader header;
  header.kind = identity.kind;
  header.key = identity.key;
  header.parent = parent;
  header.payload_bytes = payload.size();
  const auto offset = current->append(header, payload);
  if (!offset) {
    // Others may need what was written in vain; it also must not be found when the store is opened again.
    uint64_t known_bytes = 0;
    {
      const std::lock_guard lock(mutex);
      known_bytes = packs.at(current->number()).known_bytes;
    }
    current->seal_at(known_bytes);
    return tl::unexpected(refusal(offset.error()));
  }
  return RecordPlace{current, *offset};
}

DiskBlockStore::State::Outcome<> DiskBlockStore::State::next_pack() {
  auto pack = Pack::create(files, pack_path(directory, next_number), cipher, now_ms());
  // The number stays taken by what a failure may have left there.
  ++next_number;
  if (!pack) return tl::unexpected(refusal(pack.error()));
  current = std::move(*pack);
  current_is_new = true;
  const std::lock_guard lock(mutex);
  packs.emplace(current->number(), PackEntry{current, kPackHeaderBytes, 0});
  return {};
}

DiskBlockStore::State::Outcome<> DiskBlockStore::State::sync_pack() {
  if (current == nullptr) return {};
  auto synced = current->sync();
  if (synced && current_is_new) synced = files.sync_directory(directory);
  // Whatever the reason: what the kernel still holds, and what it gave up, can't be told apart.
  if (!synced) return tl::unexpected(Refusal{Saving::Failed, synced.error()});
  current_is_new = false;
  return {};
}

void DiskBlockStore::State::publish(std::span<const Queued> written, std::span<const RecordPlace> places) {
  const int64_t now = now_ms();
  for (size_t i = 0; i < written.size(); ++i) {
    const Queued& queued = written[i];
    const RecordIdentity& identity = queued.identity;
    pending_bytes -= identity.payload_bytes;
    counters.bytes_written_today += record_bytes(identity.payload_bytes);
    counters.bytes_written += record_bytes(identity.payload_bytes);
    ++counts.blocks_written;
    PackEntry& entry = packs.at(places[i].pack->number());
    entry.known_bytes = places[i].offset + record_bytes(identity.payload_bytes);
    dirty_packs.insert(places[i].pack->number());
    const auto waiting = pending.find(identity.key);
    if (waiting == pending.end() || waiting->second.sequence != queued.sequence) {
      doom(places[i], identity);  // forgotten or replaced meanwhile
      if (identity.kind == RecordKind::Tail)
        counters.replaced_tail_bytes += record_bytes(identity.payload_bytes);
      continue;
    }
    pending.erase(waiting);
    if (identity.kind == RecordKind::Tail) replace_tail(identity.key);
    add_record(identity.key, {identity.kind, queued.parent, places[i], identity.payload_bytes, now});
    // Their chains could not end here as long as it was not durable.
    if (const auto* heads = owners.owners_of_head(identity.key))
      dirty_owners.insert(heads->begin(), heads->end());
  }
  counters_dirty = true;
}

void DiskBlockStore::State::drop(std::span<const Queued> lost, const Refusal& why) {
  for (const Queued& queued : lost) {
    pending_bytes -= queued.record->size();
    ++counts.blocks_dropped;
    const auto waiting = pending.find(queued.identity.key);
    if (waiting == pending.end() || waiting->second.sequence != queued.sequence) continue;
    pending.erase(waiting);
    owners.block_removed(queued.identity.key, queued.parent, parent_of());
  }
  if (why.reason == Saving::Failed) return poison(why.error);
  pause = Pause{why, Clock::now() + options.retry_delay};
  drop_queue();
}

void DiskBlockStore::State::drop_queue() {
  if (held_tail) queue.push_back(*std::exchange(held_tail, std::nullopt));  // it may continue what goes
  counts.blocks_dropped += queue.size();
  for (const Queued& queued : queue) {
    pending.erase(queued.identity.key);
    pending_bytes -= queued.record->size();
  }
  // The last first: chains end with what is left.
  for (auto queued = queue.rbegin(); queued != queue.rend(); ++queued) {
    owners.block_removed(queued->identity.key, queued->parent, parent_of());
  }
  queue.clear();
  queued_bytes = 0;
  progress.notify_all();
}

void DiskBlockStore::State::poison(const Error& error) {
  if (!failure) failure = error;
  drop_queue();
}

void DiskBlockStore::State::bury_doomed() {
  std::map<std::shared_ptr<Pack>, std::vector<Doomed>> by_pack;
  {
    const std::lock_guard lock(mutex);
    if (failure) return;
    for (Doomed& one : std::exchange(doomed, {})) {
      // A pack in which nothing lives is removed as a whole.
      const Pack& pack = *one.place.pack;
      if (packs.contains(pack.number()) && table.live_bytes(pack.number()) != 0 && pack.writable()) {
        by_pack[one.place.pack].push_back(std::move(one));
      }
    }
  }
  for (auto& [pack, records] : by_pack) {
    Result<void> outcome;
    for (const Doomed& one : records) {
      if (outcome) outcome = pack->bury(one.place.offset, one.identity);
    }
    if (outcome) outcome = pack->sync();
    if (outcome) continue;
    const std::lock_guard lock(mutex);
    return poison(outcome.error());
  }
}

void DiskBlockStore::State::save_index() {
  {
    const std::lock_guard lock(mutex);
    if (failure) return;
    unsaved.append(take_changes());
  }
  if (index == nullptr || unsaved.empty()) {
    unsaved = {};
    return;
  }
  const auto saved = index->commit(unsaved);
  // On a full disk there is another time; it has not happened in part.
  if (!saved && saved.error().code == ErrorCode::DiskFull) return;
  unsaved = {};
  if (!saved) remake_index();
}

void DiskBlockStore::State::remake_index() {
  index.reset();
  StoreIndex::discard(directory, files);
  auto opened = StoreIndex::open(directory, files);
  if (!opened) return;
  IndexChanges all;
  {
    const std::lock_guard lock(mutex);
    all = everything();
  }
  // Where even this fails the packs will be walked.
  if ((*opened)->commit(all)) index = std::move(*opened);
}

}  // namespace kvasir::storage
