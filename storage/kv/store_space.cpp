// What keeps the store within its limits. All of it runs on the writer thread.
#include "storage/kv/store_state.h"

#include <algorithm>
#include <limits>

namespace kvasir::storage {
namespace {

constexpr std::chrono::hours kTidyEvery{1};
/// Copying what lives in a pack pays where it is less than what is won.
constexpr uint64_t kCompactAbovePercent = 50;
/// What is evicted at once is a share of the quota, so that whole packs become free rather than holes.
constexpr uint64_t kEvictedShare = 16;

/// Others wait for the mutex no longer than for so many, and get it in between: it is not fair by itself.
constexpr size_t kEvictedAtOnce = 256;
constexpr std::chrono::microseconds kBetweenEvictions{50};

constexpr int64_t kMsPerDay = int64_t{24} * 3600 * 1000;

}  // namespace

void DiskBlockStore::State::apply_limits() {
  quota_bytes = limits.quota_bytes;
  if (quota_bytes != 0) return;
  const auto disk = files.disk_bytes(directory);
  quota_bytes = disk ? std::min(kDefaultQuotaBytes, *disk / 10) : kDefaultQuotaBytes;
}

void DiskBlockStore::State::begin_day() {
  const int64_t today = now_ms() / kMsPerDay;
  if (counters.day == today) return;
  counters.day = today;
  counters.bytes_written_today = 0;
  counters_dirty = true;
}

uint64_t DiskBlockStore::State::bytes_written_today() const {
  return counters.day == now_ms() / kMsPerDay ? counters.bytes_written_today : 0;
}

bool DiskBlockStore::State::fits(uint64_t bytes) const {
  const std::lock_guard lock(mutex);
  return bytes_on_disk() + bytes <= quota_bytes;
}

DiskBlockStore::State::Outcome<> DiskBlockStore::State::make_room(uint64_t bytes) {
  KVASIR_KV_TRY(keep_to_budget(bytes));
  KVASIR_KV_TRY(keep_to_quota(bytes));
  return keep_to_floor(bytes);
}

DiskBlockStore::State::Outcome<> DiskBlockStore::State::keep_to_budget(uint64_t bytes) {
  const std::lock_guard lock(mutex);
  begin_day();
  if (limits.daily_write_bytes == 0 || counters.bytes_written_today + bytes <= limits.daily_write_bytes) {
    return {};
  }
  return tl::unexpected(
      Refusal{Saving::DailyBudget,
              {ErrorCode::DiskFull,
               "Kvasir's cache has written as much as it may in one day. It goes on tomorrow."}});
}

DiskBlockStore::State::Outcome<> DiskBlockStore::State::keep_to_floor(uint64_t bytes) {
  uint64_t floor = 0;
  {
    const std::lock_guard lock(mutex);
    floor = limits.min_free_bytes;
  }
  const auto free = files.free_bytes(directory);
  if (!free) return tl::unexpected(refusal(free.error()));
  if (*free >= floor && *free - floor >= bytes) return {};
  return tl::unexpected(Refusal{
      Saving::DiskFull,
      {ErrorCode::DiskFull, "The disk that holds " + directory.string() +
                                " is nearly full, so Kvasir's cache does not grow any more: long chats "
                                "will take longer to open. It goes on when there is space again."}});
}

DiskBlockStore::State::Outcome<> DiskBlockStore::State::keep_to_quota(uint64_t bytes) {
  if (fits(bytes)) return {};
  remove_foreign_packs(std::numeric_limits<int64_t>::max());
  remove_dead_packs();
  if (fits(bytes)) return {};
  uint64_t too_many = 0;
  {
    const std::lock_guard lock(mutex);
    const uint64_t target = quota_bytes - quota_bytes / kEvictedShare;
    const uint64_t wanted = table.live_bytes() + bytes;
    too_many = wanted > target ? wanted - target : 0;
  }
  evict({too_many, std::numeric_limits<int64_t>::min()}, &DiskBlockStoreStats::blocks_evicted);
  while (!fits(bytes)) {
    const auto pack = deadest_pack(0);
    if (!pack) break;
    KVASIR_KV_TRY(compact(*pack));
  }
  if (fits(bytes)) return {};
  return tl::unexpected(Refusal{
      Saving::QuotaFull,
      {ErrorCode::DiskFull, "Kvasir's cache in " + directory.string() +
                                " is full of chats that are pinned, so new ones will take longer to open. "
                                "Unpin or delete some, or allow the cache more space."}});
}

void DiskBlockStore::State::evict(const EvictionWish& wish, uint64_t DiskBlockStoreStats::*counter) {
  BlockSet kept;
  {
    const std::lock_guard lock(mutex);
    kept = owners.pinned(parent_of());
  }
  uint64_t freed = 0;
  size_t evicted = 0;
  for (bool more = true; more;) {
    {
      const std::lock_guard lock(mutex);
      kept.merge(parents_of_pending());
      const uint64_t wanted = wish.bytes > freed ? wish.bytes - freed : 0;
      const auto victims = choose_victims(table, kept, {wanted, wish.unused_since_ms, kEvictedAtOnce});
      const uint64_t before = table.live_bytes();
      for (const BlockKey& key : victims) remove_record(key);
      freed += before - table.live_bytes();
      evicted += victims.size();
      counts.*counter += victims.size();
      more = victims.size() == kEvictedAtOnce;
    }
    if (more) std::this_thread::sleep_for(kBetweenEvictions);
  }
  if (evicted == 0) return;
  bury_doomed();
  save_index();
  remove_dead_packs();
}

BlockSet DiskBlockStore::State::parents_of_pending() const {
  BlockSet parents;
  for (const auto& [key, waiting] : pending) parents.insert(waiting.parent);
  return parents;
}

void DiskBlockStore::State::remove_foreign_packs(int64_t created_before_ms) {
  std::vector<ForeignPack> old;
  {
    const std::lock_guard lock(mutex);
    std::ranges::copy_if(foreign, std::back_inserter(old),
                         [&](const auto& pack) { return pack.created_at_ms < created_before_ms; });
  }
  for (const ForeignPack& pack : old) {
    if (!files.remove(pack.path)) continue;
    const std::lock_guard lock(mutex);
    std::erase_if(foreign, [&](const auto& other) { return other.path == pack.path; });
  }
}

void DiskBlockStore::State::remove_dead_packs() {
  std::vector<std::shared_ptr<Pack>> dead;
  {
    const std::lock_guard lock(mutex);
    if (failure) return;
    for (const auto& [number, entry] : packs) {
      if (table.live_bytes(number) == 0 && entry.pack->writable()) dead.push_back(entry.pack);
    }
  }
  if (dead.empty()) return;
  Result<void> outcome;
  for (const auto& pack : dead) {
    if (pack == current) current = nullptr;
    auto removed = files.remove(pack->path());
    if (!removed && removed.error().code != ErrorCode::NotFound) outcome = std::move(removed);
  }
  // Or what was deleted could be back after a power loss.
  if (outcome) outcome = files.sync_directory(directory);
  const std::lock_guard lock(mutex);
  if (!outcome) return poison(outcome.error());
  for (const auto& pack : dead) {
    packs.erase(pack->number());
    changes.removed_packs.push_back(pack->number());
  }
  mark_dirty();
}

void DiskBlockStore::State::tidy_up(Lock& lock) {
  const uint64_t serves = tidies_wanted;
  const int64_t unused_since =
      limits.time_to_live.count() == 0
          ? std::numeric_limits<int64_t>::min()
          : now_ms() - std::chrono::duration_cast<std::chrono::milliseconds>(limits.time_to_live).count();
  lock.unlock();
  evict({0, unused_since}, &DiskBlockStoreStats::blocks_expired);
  remove_foreign_packs(unused_since);
  if (const auto kept = keep_to_quota(0); !kept && kept.error().reason == Saving::Failed) {
    const std::lock_guard here(mutex);
    poison(kept.error().error);
  }
  for (;;) {
    {
      const std::lock_guard here(mutex);
      // What is queued goes first; the rest follows at once.
      if (stopping || failure || !queue.empty()) break;
    }
    const auto pack = deadest_pack(kCompactAbovePercent);
    if (!pack) break;
    if (const auto compacted = compact(*pack); !compacted) {
      // Where there is no room or budget for a copy it can wait; a disk that failed ends writing.
      const std::lock_guard here(mutex);
      if (compacted.error().reason == Saving::Failed) poison(compacted.error().error);
      break;
    }
  }
  save_index();
  lock.lock();
  if (!queue.empty() && !failure) return;
  tidies_ended = std::max(tidies_ended, serves);
  tidy_at = Clock::now() + kTidyEvery;
}

std::optional<uint32_t> DiskBlockStore::State::deadest_pack(uint64_t percent) const {
  const std::lock_guard lock(mutex);
  const PackEntry* deadest = nullptr;
  const auto share = [&](const PackEntry& entry) {
    return static_cast<double>(dead_bytes(entry)) / static_cast<double>(entry.pack->bytes_on_disk());
  };
  for (const auto& [number, entry] : packs) {
    const bool stays = entry.unreadable || !entry.pack->writable();
    if (stays || dead_bytes(entry) * 100 <= entry.pack->bytes_on_disk() * percent) continue;
    if (deadest == nullptr || share(entry) > share(*deadest)) deadest = &entry;
  }
  return deadest != nullptr ? std::optional(deadest->pack->number()) : std::nullopt;
}

}  // namespace kvasir::storage
