// The part of the store that is about who uses it.
#include "storage/kv/store_state.h"

#include <algorithm>

namespace kvasir::storage {
namespace {

bool is_valid(const BlockOwner& owner) {
  return !owner.empty() && owner.size() <= kMaxOwnerBytes;
}

}  // namespace

void DiskBlockStore::claim(const BlockOwner& owner, const BlockKey& head) {
  const std::lock_guard lock(state_->mutex);
  if (!is_valid(owner) || !state_->holds(head)) return;
  state_->owners.claim(owner, head, state_->parent_of());
  state_->owner_entry(owner).last_used_ms = state_->now_ms();
}

void DiskBlockStore::release(const BlockOwner& owner) {
  const std::lock_guard lock(state_->mutex);
  state_->forget(tail_key(owner));
  const OwnerEntry entry = state_->owners.erase(owner);
  for (const BlockKey& key : state_->own_blocks(entry)) state_->forget(key);
  state_->dirty_owners.insert(owner);
  state_->mark_dirty();
}

void DiskBlockStore::pin(const BlockOwner& owner, bool pinned) {
  const std::lock_guard lock(state_->mutex);
  if (is_valid(owner)) state_->owner_entry(owner).pinned = pinned;
}

void DiskBlockStore::report_reuse(const BlockOwner& owner, uint64_t tokens, std::chrono::milliseconds saved) {
  const std::lock_guard lock(state_->mutex);
  if (!is_valid(owner)) return;
  const auto saved_ms = static_cast<uint64_t>(std::max(saved.count(), std::chrono::milliseconds::rep{0}));
  OwnerEntry& entry = state_->owner_entry(owner);
  entry.reused_tokens += tokens;
  entry.saved_ms += saved_ms;
  entry.last_used_ms = state_->now_ms();
  state_->counters.reused_tokens += tokens;
  state_->counters.saved_ms += saved_ms;
  state_->counters_dirty = true;
}

OwnerEntry& DiskBlockStore::State::owner_entry(const BlockOwner& owner) {
  dirty_owners.insert(owner);
  mark_dirty();
  return owners.entry(owner);
}

std::vector<BlockOwnerUsage> DiskBlockStore::usage() const {
  const std::lock_guard lock(state_->mutex);
  const State& state = *state_;
  const auto parents = state.parent_of();
  std::vector<std::vector<BlockKey>> used;
  BlockMap<uint32_t> users;
  for (const auto& [owner, entry] : state.owners.owners()) {
    const BlockSet blocks = state.owners.blocks_of(entry, parents);
    used.emplace_back(blocks.begin(), blocks.end());
    used.back().push_back(tail_key(owner));
    for (const BlockKey& key : used.back()) ++users[key];
  }
  std::vector<BlockOwnerUsage> all;
  for (const auto& [owner, entry] : state.owners.owners()) {
    BlockOwnerUsage usage;
    usage.owner = owner;
    for (const BlockKey& key : used[all.size()]) {
      const StoredRecord* record = state.table.find(key);
      if (record == nullptr) continue;
      if (record->kind == RecordKind::Block) ++usage.blocks;
      usage.bytes += record->bytes_on_disk();
      if (users[key] == 1) usage.own_bytes += record->bytes_on_disk();
    }
    usage.pinned = entry.pinned;
    usage.last_used = std::chrono::system_clock::time_point(std::chrono::milliseconds(entry.last_used_ms));
    usage.reused_tokens = entry.reused_tokens;
    usage.saved_ms = entry.saved_ms;
    all.push_back(std::move(usage));
  }
  return all;
}

void DiskBlockStore::set_limits(const DiskBlockStoreLimits& limits) {
  const std::lock_guard lock(state_->mutex);
  state_->limits = limits;
  state_->apply_limits();
  // At once, not when the clock says so.
  state_->tidy_at = State::Clock::now();
  if (state_->pause) state_->pause->retry_at = state_->tidy_at;
  state_->work.notify_one();
}

void DiskBlockStore::clear() {
  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  for (const auto& [owner, entry] : state.owners.owners()) state.dirty_owners.insert(owner);
  state.owners.clear();
  std::vector<BlockKey> keys;
  for (const auto& [key, record] : state.table.records()) keys.push_back(key);
  for (const BlockKey& key : keys) state.remove_record(key);
  state.drop_queue();
  state.pending.clear();  // what is being written becomes dead then
  state.clearing_foreign = true;
  state.mark_dirty();
}

}  // namespace kvasir::storage
