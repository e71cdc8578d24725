#pragma once

#include "engine/kv/block_store.h"

#include <map>
#include <vector>

namespace kvasir::test {

/// A block store in memory that a test can look into and damage.
class MemoryBlockStore final : public engine::BlockStore {
 public:
  size_t find_prefix(std::span<const engine::Hash256> keys) override {
    size_t held = 0;
    while (held < keys.size() && records.contains(keys[held])) ++held;
    return held;
  }
  size_t read(std::span<const engine::Hash256> keys, const Sink& sink, std::stop_token) override {
    size_t accepted = 0;
    while (accepted < keys.size() && records.contains(keys[accepted]) &&
           sink(accepted, records[keys[accepted]]))
      ++accepted;
    return accepted;
  }
  void prefetch(std::span<const engine::Hash256>) override {}
  bool write(const engine::Hash256& key, const engine::Hash256& parent,
             std::vector<std::byte> record) override {
    ++offers;
    if (records.size() >= capacity_blocks) return false;
    if (parent != engine::Hash256{} && !records.contains(parent)) return false;
    records.emplace(key, std::move(record));
    return true;
  }
  bool write_tail(const engine::BlockOwner& owner, const engine::Hash256& parent,
                  std::vector<std::byte> record) override {
    if (parent != engine::Hash256{} && !records.contains(parent)) return false;
    tails[owner] = std::move(record);
    return true;
  }
  std::optional<std::vector<std::byte>> read_tail(const engine::BlockOwner& owner) override {
    const auto found = tails.find(owner);
    return found == tails.end() ? std::nullopt : std::optional(found->second);
  }
  void claim(const engine::BlockOwner& owner, const engine::Hash256& head) override { heads[owner] = head; }
  void quarantine(std::span<const engine::Hash256> keys) override {
    for (const engine::Hash256& key : keys) records.erase(key);
    quarantined += static_cast<int>(keys.size());
  }
  void flush() override {}

  std::map<engine::Hash256, std::vector<std::byte>> records;
  std::map<engine::BlockOwner, std::vector<std::byte>> tails;
  std::map<engine::BlockOwner, engine::Hash256> heads;  ///< the last claim of each
  size_t capacity_blocks = SIZE_MAX;
  int offers = 0;
  int quarantined = 0;
};

}  // namespace kvasir::test
