// Tails: of the records that are written, those that the next turn makes useless.
#include "storage/kv/store_state.h"

#include <utility>

namespace kvasir::storage {
namespace {

/// What tails that were replaced may have cost, beside what is always allowed: with the headers it stays
/// within the twentieth that may be written beside the KV itself.
constexpr uint64_t kReplacedShare = 25;

}  // namespace

bool DiskBlockStore::write_tail(const BlockOwner& owner, const BlockKey& parent,
                                std::vector<std::byte> record) {
  if (owner.empty() || owner.size() > kMaxOwnerBytes) return false;
  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  if (parent != kNoParent && !state.holds(parent)) return false;
  if (!state.accepts(record.size())) return false;
  state.hold_tail(tail_key(owner), parent, std::move(record));
  state.owners.entry(owner).last_used_ms = state.now_ms();
  state.dirty_owners.insert(owner);
  return true;
}

std::optional<std::vector<std::byte>> DiskBlockStore::read_tail(const BlockOwner& owner) {
  const BlockKey key = tail_key(owner);
  std::optional<std::vector<std::byte>> tail;
  read(std::span(&key, 1),
       [&](size_t, std::span<const std::byte> record) {
         tail.emplace(record.begin(), record.end());
         return true;
       },
       {});
  return tail;
}

void DiskBlockStore::State::hold_tail(const BlockKey& key, const BlockKey& parent,
                                      std::vector<std::byte> record) {
  drop_queued(key);  // only the newest is of use
  queue_held_tail();
  const RecordIdentity identity{RecordKind::Tail, key, record.size()};
  held_tail = make_queued(identity, parent, std::move(record));
  work.notify_one();  // which knows then when it is to be written
}

void DiskBlockStore::State::queue_held_tail() {
  if (!held_tail) return;
  Queued tail = *std::exchange(held_tail, std::nullopt);
  if (!may_replace_tail(tail.identity.key)) {
    pending.erase(tail.identity.key);
    pending_bytes -= tail.identity.payload_bytes;
    return;
  }
  // Behind what was queued since.
  tail.sequence = pending.at(tail.identity.key).sequence = ++last_sequence;
  tail.since = Clock::now();
  queued_bytes += tail.identity.payload_bytes;
  queue.push_back(std::move(tail));
  work.notify_one();
}

void DiskBlockStore::State::replace_tail(const BlockKey& key) {
  const StoredRecord* former = table.find(key);
  if (former == nullptr) return;
  counters.replaced_tail_bytes += former->bytes_on_disk();
  remove_record(key);
}

bool DiskBlockStore::State::may_replace_tail(const BlockKey& key) const {
  const StoredRecord* former = table.find(key);
  return former == nullptr || counters.replaced_tail_bytes + former->bytes_on_disk() <=
                                  options.replaced_tail_bytes + counters.bytes_written / kReplacedShare;
}

}  // namespace kvasir::storage
