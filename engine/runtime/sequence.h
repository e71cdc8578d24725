#pragma once

#include "engine/kv/block_hash.h"
#include "engine/kv/block_store.h"
#include "engine/kv/kv_cache.h"

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace kvasir::engine {

/// The token sequence whose KV is in memory: ids, KV and block keys, always of the same prefix.
///
/// One thread at a time. The invariant `ids().size() == cache().length()` holds between calls.
class Sequence {
 public:
  /// `root` is the chain's empty beginning (see BlockChain).
  Sequence(KvCache cache, BlockChain root, const Hash256& fingerprint);

  KvCache& cache() { return cache_; }
  std::span<const int32_t> ids() const { return ids_; }

  /// Forgets everything behind the common prefix with `prompt`, at most `limit` tokens of which are kept.
  /// Returns how many are.
  uint32_t keep_common_prefix(std::span<const int32_t> prompt, uint32_t limit);

  /// How many tokens of `prompt[0, limit)` memory and the store's full blocks hold. Changes nothing.
  uint32_t available(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store) const;

  /// Takes over as many full blocks of `prompt[0, limit)` from the store as follow what is in memory already,
  /// and of the owner's tail what follows those. Returns the sequence's new length. Blocks that fail
  /// verification are quarantined; a tail that does is left alone until another takes its place.
  uint32_t restore(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store,
                   const BlockOwner& owner, std::stop_token stop);

  /// Records ids whose KV was just appended to the cache.
  void append(std::span<const int32_t> new_ids);

  /// Where the first `tokens` ids, whose KV is certain, fill a block that they did not fill in the last call:
  /// hands the blocks that are full and not yet stored to the store, until it has no room.
  void offer(BlockStore& store, size_t tokens);

  /// Hands over what is not yet stored, the last, partial block as the owner's tail, and has the owner claim
  /// the chain. Nothing for nobody.
  void offer_all(BlockStore& store, const BlockOwner& owner);

  /// Whether the store has taken every full block.
  bool is_stored() const { return offered_blocks_ >= ids_.size() / kBlockTokens; }

 private:
  void restore_blocks(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store,
                      const std::stop_token& stop);
  void restore_tail(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store,
                    const BlockOwner& owner);
  void offer_blocks(BlockStore& store);
  /// Makes rows up to `tokens`, which hold the prompt's KV, the sequence.
  void take(std::span<const int32_t> prompt, uint32_t tokens);
  /// The key by which a store knows what comes before block `index`.
  Hash256 stored_parent(size_t index) const { return index == 0 ? Hash256{} : chain_.keys[index - 1]; }

  KvCache cache_;
  std::vector<int32_t> ids_;
  BlockChain chain_;
  size_t offered_blocks_ = 0;  ///< leading blocks that the store has accepted or given
  Hash256 fingerprint_;
  /// The tail that was written last: whose it is, where it ends, and its key.
  BlockOwner tail_owner_;
  size_t tail_end_ = 0;
  Hash256 tail_key_;
};

}  // namespace kvasir::engine
