#include "storage/kv/owner_book.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

namespace kvasir::storage {
namespace {

/// 16 million tokens. Only parents that were made up can go round in a circle.
constexpr size_t kMaxChainBlocks = size_t{1} << 18;

}  // namespace

BlockKey tail_key(const BlockOwner& owner) {
  const std::string text = "kvasir tail of " + owner;
  BlockKey key;
  static_assert(sizeof key == 32);
  if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(key.data()), nullptr,
                 EVP_sha256(), nullptr) != 1) {
    std::abort();  // only where libcrypto has no memory
  }
  return key;
}

const OwnerEntry* OwnerBook::find(const BlockOwner& owner) const {
  const auto known = owners_.find(owner);
  return known != owners_.end() ? &known->second : nullptr;
}

const std::set<BlockOwner>* OwnerBook::owners_of_head(const BlockKey& key) const {
  const auto found = owners_of_head_.find(key);
  return found != owners_of_head_.end() ? &found->second : nullptr;
}

bool OwnerBook::uses(const OwnerEntry& owner, const BlockKey& key, const ParentOf& parent_of) {
  for (const BlockKey& head : owner.heads) {
    std::optional<BlockKey> at = head;
    for (size_t steps = 0; steps < kMaxChainBlocks; ++steps) {
      const auto parent = parent_of(*at);
      if (!parent) break;
      if (*at == key) return true;
      at = parent;
    }
  }
  return false;
}

void OwnerBook::claim(const BlockOwner& owner, const BlockKey& head, const ParentOf& parent_of) {
  OwnerEntry& entry = owners_[owner];
  // A chain mostly grows by one block: this ends at once then.
  auto at = parent_of(head);
  for (size_t steps = 0; at && steps < kMaxChainBlocks; ++steps) {
    if (entry.heads.contains(*at)) {
      remove_head(owner, *at);
      add_head(owner, head);
      return;
    }
    at = parent_of(*at);
  }
  if (!uses(entry, head, parent_of)) add_head(owner, head);
}

void OwnerBook::restore(const BlockOwner& owner, const OwnerEntry& entry) {
  owners_[owner] = entry;
  for (const BlockKey& head : entry.heads) owners_of_head_[head].insert(owner);
}

OwnerEntry OwnerBook::erase(const BlockOwner& owner) {
  const auto known = owners_.find(owner);
  if (known == owners_.end()) return {};
  OwnerEntry entry = known->second;
  for (const BlockKey& head : entry.heads) remove_head(owner, head);
  owners_.erase(owner);
  return entry;
}

void OwnerBook::clear() {
  owners_.clear();
  owners_of_head_.clear();
}

std::vector<BlockOwner> OwnerBook::block_removed(const BlockKey& key, const BlockKey& parent,
                                                 const ParentOf& parent_of) {
  const auto found = owners_of_head_.find(key);
  if (found == owners_of_head_.end()) return {};
  const std::vector<BlockOwner> affected(found->second.begin(), found->second.end());
  for (const BlockOwner& owner : affected) {
    remove_head(owner, key);
    const OwnerEntry& entry = owners_.at(owner);
    if (parent_of(parent) && !uses(entry, parent, parent_of)) add_head(owner, parent);
  }
  return affected;
}

BlockSet OwnerBook::blocks_of(const OwnerEntry& owner, const ParentOf& parent_of) const {
  BlockSet blocks;
  for (const BlockKey& head : owner.heads) {
    std::optional<BlockKey> at = head;
    while (at) {
      const auto parent = parent_of(*at);
      // Where chains of one owner join, the rest is known.
      if (!parent || !blocks.insert(*at).second) break;
      at = parent;
    }
  }
  return blocks;
}

BlockSet OwnerBook::pinned(const ParentOf& parent_of) const {
  BlockSet blocks;
  for (const auto& [owner, entry] : owners_) {
    if (!entry.pinned) continue;
    blocks.merge(blocks_of(entry, parent_of));
    blocks.insert(tail_key(owner));
  }
  return blocks;
}

void OwnerBook::add_head(const BlockOwner& owner, const BlockKey& head) {
  owners_[owner].heads.insert(head);
  owners_of_head_[head].insert(owner);
}

void OwnerBook::remove_head(const BlockOwner& owner, const BlockKey& head) {
  owners_[owner].heads.erase(head);
  const auto found = owners_of_head_.find(head);
  found->second.erase(owner);
  if (found->second.empty()) owners_of_head_.erase(found);
}

}  // namespace kvasir::storage
