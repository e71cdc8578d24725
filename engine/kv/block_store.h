#pragma once

#include "engine/kv/block_hash.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace kvasir::engine {

/// Who uses blocks, as the application names it; empty: nobody in particular.
using BlockOwner = std::string;

/// Where the engine keeps KV blocks between runs: bytes under 32-byte keys. The engine makes and checks
/// the bytes (`kv_block.h`); a store only has to keep them. It may forget any block at any time.
///
/// Thread contract: every call may come from any thread.
class BlockStore {
 public:
  virtual ~BlockStore() = default;

  /// How many of `keys`, counted from the first, are held without a gap. Asks the index only.
  virtual size_t find_prefix(std::span<const Hash256> keys) = 0;

  /// Reads blocks in order and hands each to `sink`, until a block is missing, can't be read, `sink` returns
  /// false or stop is requested. Returns how many `sink` accepted. Reads may run ahead of the sink.
  using Sink = std::function<bool(size_t index, std::span<const std::byte> record)>;
  virtual size_t read(std::span<const Hash256> keys, const Sink& sink, std::stop_token stop) = 0;

  /// A hint that these blocks will be read soon (a chat was selected).
  virtual void prefetch(std::span<const Hash256> keys) = 0;

  /// Takes a block for writing behind the caller's back; never waits for the disk. `parent` is the key of the
  /// block before, all zeros for a chain's first one. False: no room now, the block was dropped (and so must
  /// the blocks after it be: a chain is stored from its head).
  virtual bool write(const Hash256& key, const Hash256& parent, std::vector<std::byte> record) = 0;

  /// Takes the owner's tail, what follows the block `parent`, in the place of its former one; as `write`.
  virtual bool write_tail(const BlockOwner& owner, const Hash256& parent, std::vector<std::byte> record) = 0;
  /// The owner's newest tail.
  virtual std::optional<std::vector<std::byte>> read_tail(const BlockOwner& owner) = 0;

  /// `owner` uses the chain that ends with the block `head`.
  virtual void claim(const BlockOwner& owner, const Hash256& head) = 0;

  /// Blocks that can't be used: never to be returned again.
  virtual void quarantine(std::span<const Hash256> keys) = 0;

  /// Waits until everything taken is durable or known to be lost.
  virtual void flush() = 0;
};

}  // namespace kvasir::engine
