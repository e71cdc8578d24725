#include "app/services/block_store_adapter.h"

#include <utility>

namespace kvasir::app {
namespace {

std::vector<storage::BlockKey> to_keys(std::span<const engine::Hash256> hashes) {
  std::vector<storage::BlockKey> keys;
  keys.reserve(hashes.size());
  for (const engine::Hash256& hash : hashes) keys.push_back(hash.bytes);
  return keys;
}

}  // namespace

size_t BlockStoreAdapter::find_prefix(std::span<const engine::Hash256> keys) {
  return disk_.find_prefix(to_keys(keys));
}

size_t BlockStoreAdapter::read(std::span<const engine::Hash256> keys, const Sink& sink,
                               std::stop_token stop) {
  return disk_.read(to_keys(keys), sink, std::move(stop));
}

void BlockStoreAdapter::prefetch(std::span<const engine::Hash256> keys) {
  disk_.prefetch(to_keys(keys));
}

bool BlockStoreAdapter::write(const engine::Hash256& key, const engine::Hash256& parent,
                              std::vector<std::byte> record) {
  return disk_.write(key.bytes, parent.bytes, std::move(record));
}

bool BlockStoreAdapter::write_tail(const engine::BlockOwner& owner, const engine::Hash256& parent,
                                   std::vector<std::byte> record) {
  return disk_.write_tail(owner, parent.bytes, std::move(record));
}

std::optional<std::vector<std::byte>> BlockStoreAdapter::read_tail(const engine::BlockOwner& owner) {
  return disk_.read_tail(owner);
}

void BlockStoreAdapter::claim(const engine::BlockOwner& owner, const engine::Hash256& head) {
  disk_.claim(owner, head.bytes);
}

void BlockStoreAdapter::quarantine(std::span<const engine::Hash256> keys) {
  disk_.quarantine(to_keys(keys));
}

void BlockStoreAdapter::flush() {
  disk_.flush();
}

}  // namespace kvasir::app
