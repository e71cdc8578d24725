#pragma once

#include "storage/kv/block_table.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kvasir::storage {

/// What is remembered of one owner.
struct OwnerEntry {
  std::set<BlockKey> heads;  ///< the last blocks of its chains; none is an ancestor of another
  bool pinned = false;
  int64_t last_used_ms = 0;
  uint64_t reused_tokens = 0;
  uint64_t saved_ms = 0;
};

/// The key of an owner's tail: no block's key, which are digests of something else.
BlockKey tail_key(const BlockOwner& owner);

/// Which chains the owners use: each is named by its last block and followed by the parents. For one thread
/// at a time.
class OwnerBook {
 public:
  /// The parent of a block that is held or queued; nothing of any other.
  using ParentOf = std::function<std::optional<BlockKey>(const BlockKey& key)>;
  using Owners = std::map<BlockOwner, OwnerEntry>;

  const Owners& owners() const { return owners_; }
  const OwnerEntry* find(const BlockOwner& owner) const;
  /// Makes the owner where there is none.
  OwnerEntry& entry(const BlockOwner& owner) { return owners_[owner]; }

  /// Replaces the head of the chain that `head` continues; a head that is inside one of the owner's chains
  /// changes nothing.
  void claim(const BlockOwner& owner, const BlockKey& head, const ParentOf& parent_of);
  void restore(const BlockOwner& owner, const OwnerEntry& entry);
  OwnerEntry erase(const BlockOwner& owner);
  void clear();
  /// The block is gone: its owners' chains end with its parent, if that is there. Tells whose.
  std::vector<BlockOwner> block_removed(const BlockKey& key, const BlockKey& parent,
                                        const ParentOf& parent_of);
  /// The owners of whose chains this is the last block; null for none.
  const std::set<BlockOwner>* owners_of_head(const BlockKey& key) const;

  /// The blocks of an owner's chains, each once; the tail is not among them.
  BlockSet blocks_of(const OwnerEntry& owner, const ParentOf& parent_of) const;
  /// What pinned owners use, their tails included.
  BlockSet pinned(const ParentOf& parent_of) const;

 private:
  void add_head(const BlockOwner& owner, const BlockKey& head);
  void remove_head(const BlockOwner& owner, const BlockKey& head);
  /// Whether `key` is on a chain of the owner's.
  static bool uses(const OwnerEntry& owner, const BlockKey& key, const ParentOf& parent_of);

  Owners owners_;
  BlockMap<std::set<BlockOwner>> owners_of_head_;
};

}  // namespace kvasir::storage
