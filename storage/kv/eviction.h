#pragma once

#include "storage/kv/block_table.h"

#include <cstdint>
#include <vector>

namespace kvasir::storage {

struct EvictionWish {
  uint64_t bytes = 0;           ///< at least so many, the longest unused first
  int64_t unused_since_ms = 0;  ///< and all that was last used before
};

/// Records to delete, in an order in which each has no children left: a block never goes before what
/// continues it. `pinned` ones stay, and with them what they continue.
std::vector<BlockKey> choose_victims(const BlockTable& table, const BlockSet& pinned,
                                     const EvictionWish& wish);

}  // namespace kvasir::storage
