#pragma once

#include "engine/gguf/gguf_file.h"
#include "engine/kv/block_hash.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace kvasir::engine {

/// Brings a model's bytes from the disk ahead of their use, from the start of each part to its end, and
/// hashes them on the way: a file is read once, and the disk is never idle while weights are being placed.
///
/// One thread uses the object; its own thread reads. `file` must outlive it.
class ModelReader {
 public:
  /// `hash`: whether the content hash is wanted.
  ModelReader(const GgufFile& file, bool hash);
  /// Stops reading.
  ~ModelReader();
  ModelReader(const ModelReader&) = delete;
  ModelReader& operator=(const ModelReader&) = delete;

  /// Returns once `data` has been read. Bytes outside the file are there already.
  void wait_for(std::span<const std::byte> data);
  /// The process has no more use for its mapping of `data`: its memory is given back.
  void release(std::span<const std::byte> data);
  /// Returns once more than `bytes` bytes have been read, or all: how many have.
  uint64_t wait_beyond(uint64_t bytes);
  /// Waits for the end. The content hash (see `hash_of_parts`), where it was wanted.
  std::optional<Hash256> finish();

  uint64_t bytes_read() const;

 private:
  struct Part {
    std::span<const std::byte> bytes;
    std::vector<Hash256> chunk_hashes;
    size_t done = 0;  ///< under mutex_
  };

  void read(std::stop_token stop);
  uint64_t bytes_done() const;  // under mutex_
  const Part* part_of(const std::byte* data) const;

  const bool hash_;
  std::vector<Part> parts_;  ///< in the model's order
  mutable std::mutex mutex_;
  std::condition_variable progress_;
  std::jthread thread_;  // last: it uses what stands above
};

}  // namespace kvasir::engine
