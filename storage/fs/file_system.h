#pragma once

#include "storage/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace kvasir::storage {

/// An open file. Offsets are explicit; one object may be used by several threads for reading.
class File {
 public:
  virtual ~File() = default;
  /// Fills `out` completely from `offset`, or fails (Corrupt where the file ends before).
  virtual Result<void> read(uint64_t offset, std::span<std::byte> out) const = 0;
  virtual Result<void> write(uint64_t offset, std::span<const std::byte> bytes) = 0;
  virtual bool writable() const { return true; }
  virtual Result<uint64_t> size() const = 0;
  virtual Result<void> truncate(uint64_t size) = 0;
  /// Returns once what was written is on the disk. After a failure the file must not be written again.
  virtual Result<void> sync() = 0;
  /// A hint that this range will be read soon.
  virtual void read_ahead(uint64_t /*offset*/, uint64_t /*size*/) const {}
};

/// Every access of the store to the disk goes through here, so that tests can make it fail. Each error names
/// the path; a full disk is DiskFull, a missing file NotFound.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// For reading and writing, or for reading only where an existing file does not permit more. A file that is
  /// created is its owner's only.
  virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path, bool create) = 0;
  virtual Result<void> create_directories(const std::filesystem::path& path) = 0;
  /// The full paths of what is in a directory, in no order.
  virtual Result<std::vector<std::filesystem::path>> list(const std::filesystem::path& directory) = 0;
  virtual Result<void> remove(const std::filesystem::path& path) = 0;
  /// How many bytes may still be written on the disk that holds a directory.
  virtual Result<uint64_t> free_bytes(const std::filesystem::path& directory) = 0;
  /// The size of that disk, used or not.
  virtual Result<uint64_t> disk_bytes(const std::filesystem::path& directory) = 0;
  /// Makes creations and removals in a directory durable.
  virtual Result<void> sync_directory(const std::filesystem::path& path) = 0;
};

/// The real one.
FileSystem& posix_file_system();

}  // namespace kvasir::storage
