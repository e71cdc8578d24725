#pragma once

#include "storage/base/result.h"
#include "storage/fs/file_system.h"
#include "storage/kv/pack_format.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace kvasir::storage {

/// `000042.pack` of 42; nothing for other names.
std::optional<uint32_t> pack_number(const std::filesystem::path& path);
std::filesystem::path pack_path(const std::filesystem::path& directory, uint32_t number);

/// One open pack file. Reading may happen from any thread; everything else from one at a time.
class Pack {
 public:
  using OnRecord = std::function<void(uint64_t offset, const RecordHeader& header)>;

  /// Walks the headers of an existing pack and tells its live records in order. A torn record at the end is
  /// cut off. At anything else that is no record the walk ends, and the pack is not appendable.
  static Result<std::unique_ptr<Pack>> open(FileSystem& files, const std::filesystem::path& path,
                                            const OnRecord& on_record);
  /// A new, empty one. BadRequest where the file exists with something in it.
  static Result<std::unique_ptr<Pack>> create(FileSystem& files, const std::filesystem::path& path);

  /// Whether nothing at all could be used of it, by its first header.
  bool is_of_unknown_version() const { return unknown_version_; }
  bool appendable() const { return appendable_; }
  /// Whether records can still be marked: the file permits it and no sync has failed.
  bool writable() const { return !sync_failed_ && file_->writable(); }
  uint64_t end() const { return end_; }

  /// Writes a record at the end, unsynced. After a failure nothing can be appended any more.
  Result<void> append(const RecordHeader& header, std::span<const std::byte> payload);
  /// Marks the record as dead, unsynced. Only while it is writable.
  Result<void> bury(uint64_t offset);
  /// After a failure nothing can be written any more.
  Result<void> sync();

  /// The payload of the record at `offset`.
  Result<void> read_payload(uint64_t offset, std::span<std::byte> payload) const;
  void read_ahead(uint64_t offset, uint64_t payload_bytes) const;

 private:
  explicit Pack(std::unique_ptr<File> file) : file_(std::move(file)) {}
  Result<void> walk(const OnRecord& on_record);
  void cut_off_tail();

  std::unique_ptr<File> file_;
  uint64_t end_ = 0;
  bool appendable_ = true;
  bool sync_failed_ = false;
  bool unknown_version_ = false;
};

}  // namespace kvasir::storage
