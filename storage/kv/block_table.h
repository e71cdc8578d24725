#pragma once

#include "storage/kv/pack.h"

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace kvasir::storage {

/// Keys are digests: any eight bytes of one are spread well enough.
struct BlockKeyHash {
  size_t operator()(const BlockKey& key) const noexcept {
    size_t value = 0;
    std::memcpy(&value, key.data(), sizeof value);
    return value;
  }
};
template <class T>
using BlockMap = std::unordered_map<BlockKey, T, BlockKeyHash>;
using BlockSet = std::unordered_set<BlockKey, BlockKeyHash>;

inline constexpr BlockKey kNoParent{};

struct RecordPlace {
  std::shared_ptr<Pack> pack;
  uint64_t offset = 0;
  bool operator==(const RecordPlace&) const = default;
};

/// A durable record that is in use.
struct StoredRecord {
  RecordKind kind = RecordKind::Block;
  BlockKey parent{};
  RecordPlace place;
  uint64_t payload_bytes = 0;
  int64_t last_used_ms = 0;

  uint64_t bytes_on_disk() const { return record_bytes(payload_bytes); }
};

/// A record that nothing continues, in the order of the last use.
struct Leaf {
  int64_t last_used_ms = 0;
  BlockKey key{};
  auto operator<=>(const Leaf&) const = default;
};

/// All durable records that are in use, in memory, with how they hang together. For one thread at a time.
class BlockTable {
 public:
  using Records = BlockMap<StoredRecord>;

  const Records& records() const { return records_; }
  /// Null where it is not held.
  const StoredRecord* find(const BlockKey& key) const;
  /// False, and nothing changes, where the key is held.
  bool insert(const BlockKey& key, const StoredRecord& record);
  /// What was held.
  std::optional<StoredRecord> erase(const BlockKey& key);
  /// The record was copied elsewhere.
  void move(const BlockKey& key, const RecordPlace& place);
  void touch(const BlockKey& key, int64_t now_ms);
  void clear();

  /// How many records name `key` as their parent, whether it is held or not.
  uint32_t children(const BlockKey& key) const;
  /// Those that no record names as its parent, the longest unused first.
  const std::set<Leaf>& leaves() const { return leaves_; }
  size_t tails() const { return tails_; }
  uint64_t live_bytes() const { return live_bytes_; }
  /// Of one pack.
  uint64_t live_bytes(uint32_t pack_number) const;

 private:
  void account(const StoredRecord& record, bool added);

  Records records_;
  BlockMap<uint32_t> children_;
  std::set<Leaf> leaves_;
  std::unordered_map<uint32_t, uint64_t> live_bytes_of_;
  uint64_t live_bytes_ = 0;
  size_t tails_ = 0;
};

}  // namespace kvasir::storage
