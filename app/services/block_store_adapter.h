#pragma once

#include "engine/kv/block_store.h"
#include "storage/kv/disk_block_store.h"

namespace kvasir::app {

/// The engine's block store on the profile's disk store, which must outlive it.
class BlockStoreAdapter final : public engine::BlockStore {
 public:
  explicit BlockStoreAdapter(storage::DiskBlockStore& disk) : disk_(disk) {}

  size_t find_prefix(std::span<const engine::Hash256> keys) override;
  size_t read(std::span<const engine::Hash256> keys, const Sink& sink, std::stop_token stop) override;
  void prefetch(std::span<const engine::Hash256> keys) override;
  bool write(const engine::Hash256& key, const engine::Hash256& parent,
             std::vector<std::byte> record) override;
  bool write_tail(const engine::BlockOwner& owner, const engine::Hash256& parent,
                  std::vector<std::byte> record) override;
  std::optional<std::vector<std::byte>> read_tail(const engine::BlockOwner& owner) override;
  void claim(const engine::BlockOwner& owner, const engine::Hash256& head) override;
  void quarantine(std::span<const engine::Hash256> keys) override;
  void flush() override;

 private:
  storage::DiskBlockStore& disk_;
};

}  // namespace kvasir::app
