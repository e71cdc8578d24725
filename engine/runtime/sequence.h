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

  /// Takes over as many full blocks of `prompt[0, limit)` from the store as follow what is in memory
  /// already. Returns the sequence's new length. Blocks that fail verification are quarantined.
  uint32_t restore(std::span<const int32_t> prompt, uint32_t limit, BlockStore& store, std::stop_token stop);

  /// Records ids whose KV was just appended to the cache.
  void append(std::span<const int32_t> new_ids);

  /// Where ids appended since the last call filled a block: hands the blocks that are full and not yet stored
  /// to the store, until it has no room.
  void offer(BlockStore& store);

 private:
  KvCache cache_;
  std::vector<int32_t> ids_;
  BlockChain chain_;
  size_t offered_blocks_ = 0;  ///< leading blocks that the store has accepted or given
  Hash256 fingerprint_;
};

}  // namespace kvasir::engine
