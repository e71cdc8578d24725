#pragma once

#include "engine/gguf/mapped_file.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

namespace kvasir::engine {

/// A mapped file whose bytes become memory of this process, at the same addresses, in huge pages where the
/// system has them: views into the mapping stay what they were, may be written through `memory`, and nothing
/// that happens to the file reaches them once they are read.
///
/// The disk's bytes go straight to their place, past the system's page cache, unless that holds them
/// already: a model as large as half of the memory would otherwise push everything else out of it.
class ResidentFile {
 public:
  /// Takes the memory, which holds nothing before it is read, for all but the first `mapped_bytes`, which
  /// remain as they are. OutOfMemory where there is none, Io where the system refuses otherwise. `path` is
  /// for messages. The mapping must outlive the object, and frees the memory.
  static Result<ResidentFile> take(const MappedFile& mapping, size_t mapped_bytes,
                                   std::filesystem::path path);
  ResidentFile(ResidentFile&& other) noexcept;
  ResidentFile& operator=(ResidentFile&&) = delete;
  ~ResidentFile();

  /// Brings bytes [offset, offset + bytes) of the file to their place; `offset` is a multiple of
  /// kReadAlignmentBytes, and so is `bytes` but at the file's end. BadFile where the file has become shorter,
  /// Io where the disk fails. Several threads may read different ranges.
  Result<void> read(size_t offset, size_t bytes) const;
  /// Every system's page size divides it.
  static constexpr size_t kReadAlignmentBytes = size_t{64} << 10;

  /// The same bytes as `data`, to be written; empty where `data` does not lie within the memory.
  std::span<std::byte> memory(std::span<const std::byte> data) const;
  /// Gives the whole pages of `data` back to the system; their bytes are zeros from then on.
  void discard(std::span<const std::byte> data) const;

 private:
  ResidentFile(std::span<const std::byte> file, std::span<std::byte> memory, std::filesystem::path path)
      : file_(file), memory_(memory), path_(std::move(path)) {}
  /// Whether the page cache held most of a range when the memory was taken.
  bool is_cached(size_t offset, size_t bytes) const;

  std::span<const std::byte> file_;
  std::span<std::byte> memory_;
  std::filesystem::path path_;
  int descriptor_ = -1;         ///< the mapping's
  int direct_descriptor_ = -1;  ///< past the page cache; -1 where the file system has no such way
  std::vector<unsigned char> cached_pages_;  ///< as mincore(2) tells them
};

}  // namespace kvasir::engine
