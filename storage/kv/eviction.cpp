#include "storage/kv/eviction.h"

#include <functional>
#include <queue>

namespace kvasir::storage {
namespace {

/// The leaves of a table while its records go one by one, the longest unused first.
class Leaves {
 public:
  Leaves(const BlockTable& table, const BlockSet& kept)
      : table_(table), kept_(kept), next_(table.leaves().begin()) {
    skip_kept();
  }

  /// Null where there is none.
  const Leaf* first() const {
    const Leaf* held = next_ != table_.leaves().end() ? &*next_ : nullptr;
    if (bared_.empty() || (held != nullptr && *held < bared_.top())) return held;
    return &bared_.top();
  }

  /// The first one goes; `parent` is what it continued.
  void remove_first(const BlockKey& parent) {
    if (!bared_.empty() && first() == &bared_.top()) {
      bared_.pop();
    } else {
      ++next_;
      skip_kept();
    }
    const StoredRecord* held = table_.find(parent);
    if (held == nullptr || ++children_gone_[parent] < table_.children(parent)) return;
    if (!kept_.contains(parent)) bared_.push({held->last_used_ms, parent});
  }

 private:
  void skip_kept() {
    while (next_ != table_.leaves().end() && kept_.contains(next_->key)) ++next_;
  }

  const BlockTable& table_;
  const BlockSet& kept_;
  std::set<Leaf>::const_iterator next_;
  std::priority_queue<Leaf, std::vector<Leaf>, std::greater<>> bared_;  // those that are leaves only now
  BlockMap<uint32_t> children_gone_;
};

}  // namespace

std::vector<BlockKey> choose_victims(const BlockTable& table, const BlockSet& kept,
                                     const EvictionWish& wish) {
  Leaves leaves(table, kept);
  std::vector<BlockKey> victims;
  uint64_t freed = 0;
  while (victims.size() < wish.at_most) {
    const Leaf* leaf = leaves.first();
    if (leaf == nullptr || (freed >= wish.bytes && leaf->last_used_ms >= wish.unused_since_ms)) break;
    const StoredRecord& record = *table.find(leaf->key);
    victims.push_back(leaf->key);
    freed += record.bytes_on_disk();
    leaves.remove_first(record.parent);
  }
  return victims;
}

}  // namespace kvasir::storage
