#pragma once

#include "storage/kv/block_table.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvasir::storage {

struct EvictionWish {
  uint64_t bytes = 0;           ///< at least so many, the longest unused first
  int64_t unused_since_ms = 0;  ///< and all that was last used before
  size_t at_most = SIZE_MAX;    ///< but no more records than so many
};

/// Records to delete, in an order in which each has no children left: a block never goes before what
/// continues it. `kept` ones stay, and with them what they continue. Takes the time of looking at the victims
/// and at the leaves that are kept, not at the whole table.
std::vector<BlockKey> choose_victims(const BlockTable& table, const BlockSet& kept, const EvictionWish& wish);

}  // namespace kvasir::storage
