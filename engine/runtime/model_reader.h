#pragma once

#include "engine/gguf/gguf_file.h"
#include "engine/runtime/content_hash.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

namespace kvasir::engine {

struct ModelReaderOptions {
  /// Where the content hash is wanted: what computes it.
  std::optional<ContentHasher> hasher = std::nullopt;
  /// The bytes become memory of this process, where they may be changed. Otherwise they stay in the mapping.
  bool into_memory = false;
};

/// Brings a model's bytes from the disk ahead of their use, from the start of each part to its end, and
/// hashes them on the way: a file is read once, and the disk is never idle while weights are being placed.
///
/// One thread uses the object; its own threads read. `file` must outlive it, and its tensors hold nothing
/// before `wait_for`.
class ModelReader {
 public:
  /// OutOfMemory where there is none for the bytes.
  static Result<std::unique_ptr<ModelReader>> start(GgufFile& file, const ModelReaderOptions& options);
  /// Stops reading.
  ~ModelReader();
  ModelReader(const ModelReader&) = delete;
  ModelReader& operator=(const ModelReader&) = delete;

  uint64_t all_bytes() const;
  /// Whether the bytes become memory of this process.
  bool into_memory() const { return !memory_.empty(); }

  /// Returns once `data` has been read. Bytes outside the file are there already. Io or BadFile where reading
  /// failed.
  Result<void> wait_for(std::span<const std::byte> data);
  /// `data`, which has been waited for, as it may be changed; empty where that can't be.
  std::span<std::byte> writable(std::span<const std::byte> data) const;
  /// The process has no more use for `data`: its memory is given back.
  void release(std::span<const std::byte> data);
  /// Returns once more than `bytes` bytes have been read, or all: how many have.
  Result<uint64_t> wait_beyond(uint64_t bytes);
  /// Waits for the end. The content hash (see `hash_of_parts`), where it was wanted.
  Result<std::optional<Hash256>> finish();

  uint64_t bytes_read() const;

 private:
  struct Part {
    std::span<const std::byte> bytes;
    const ResidentFile* memory = nullptr;
    size_t first_piece = 0;  ///< among those of all parts
    std::vector<ChunkDigest> chunk_digests;
  };

  ModelReader(const GgufFile& file, const std::optional<ContentHasher>& hasher,
              std::vector<ResidentFile> memory);
  /// The life of a reading thread.
  void read(std::stop_token stop);
  Result<void> read_piece(Part& part, size_t piece);
  const Part* part_of(const std::byte* data) const;
  uint64_t bytes_done() const;  // under mutex_

  const std::optional<ContentHasher> hasher_;
  const std::vector<ResidentFile> memory_;  ///< of each part, or none at all
  std::vector<Part> parts_;                 ///< in the model's order
  size_t pieces_ = 0;                       ///< of all parts
  std::atomic<size_t> next_piece_{0};
  mutable std::mutex mutex_;
  std::condition_variable progress_;
  std::vector<bool> piece_done_;       ///< {pieces}, under mutex_
  size_t done_ = 0;                    ///< pieces before the first that is not done, under mutex_
  std::optional<Error> failure_;       ///< under mutex_
  std::vector<std::jthread> threads_;  // last: they use what stands above
};

}  // namespace kvasir::engine
