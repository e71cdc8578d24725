#include "storage/kv/eviction.h"

#include <algorithm>
#include <queue>

namespace kvasir::storage {
namespace {

struct Leaf {
  BlockKey key;
  const StoredRecord* record;
};

/// For a queue that gives the longest unused first.
struct UsedLater {
  bool operator()(const Leaf& a, const Leaf& b) const {
    if (a.record->last_used_ms != b.record->last_used_ms) {
      return a.record->last_used_ms > b.record->last_used_ms;
    }
    return a.key > b.key;  // any order, but always the same
  }
};

}  // namespace

std::vector<BlockKey> choose_victims(const BlockTable& table, const BlockSet& pinned,
                                     const EvictionWish& wish) {
  std::vector<Leaf> first;
  for (const auto& [key, record] : table.records()) {
    if (table.children(key) == 0 && !pinned.contains(key)) first.push_back({key, &record});
  }
  std::priority_queue<Leaf, std::vector<Leaf>, UsedLater> leaves(UsedLater{}, std::move(first));
  BlockMap<uint32_t> children_gone;
  std::vector<BlockKey> victims;
  uint64_t freed = 0;
  while (!leaves.empty()) {
    const Leaf leaf = leaves.top();
    if (freed >= wish.bytes && leaf.record->last_used_ms >= wish.unused_since_ms) break;
    leaves.pop();
    victims.push_back(leaf.key);
    freed += leaf.record->bytes_on_disk();
    const BlockKey& parent = leaf.record->parent;
    const StoredRecord* held = table.find(parent);
    if (held == nullptr || ++children_gone[parent] < table.children(parent)) continue;
    if (!pinned.contains(parent)) leaves.push({parent, held});
  }
  return victims;
}

}  // namespace kvasir::storage
