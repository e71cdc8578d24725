#pragma once

#include "storage/fs/file_system.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace kvasir::storage::testing {

/// A file system in memory that knows what has been synced, can be made to fail at any operation, and can
/// lose power. Thread-safe. Its directories need not be created.
class FaultyFileSystem final : public FileSystem {
 public:
  FaultyFileSystem();
  ~FaultyFileSystem() override;

  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, bool create) override;
  Result<void> create_directories(const std::filesystem::path& path) override;
  Result<std::vector<std::filesystem::path>> list(const std::filesystem::path& directory) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<uint64_t> free_bytes(const std::filesystem::path& directory) override;
  Result<uint64_t> disk_bytes(const std::filesystem::path& directory) override;
  Result<void> sync_directory(const std::filesystem::path& path) override;

  /// Changes (creation, write, truncation, sync, removal) made or attempted so far.
  uint64_t operations() const;
  uint64_t syncs() const;
  /// Lets `successes` further changes pass; then `count` of them fail with `code`. A write that fails has
  /// written the first half of its bytes; what a failed sync should have saved is never saved.
  void fail_after(uint64_t successes, ErrorCode code, uint64_t count = UINT64_MAX);
  /// Reads fail with Io while this is set.
  void fail_reads(bool on);
  /// What the disk says of its free space, whatever is written. Much at first.
  void set_free_bytes(uint64_t bytes);
  /// Files that exist now can from now on only be opened for reading, or not at all.
  void make_read_only(const std::filesystem::path& path);
  void make_unreadable(const std::filesystem::path& path);

  /// What a restart finds after the power went: only what was synced.
  std::unique_ptr<FaultyFileSystem> after_power_loss() const;
  /// The same, but each 512-byte sector of what was not synced is there or not by chance, and so are sizes
  /// and names.
  std::unique_ptr<FaultyFileSystem> after_power_loss(std::mt19937& random) const;
  /// What a restart finds after the process was killed: everything written.
  std::unique_ptr<FaultyFileSystem> after_kill() const;

  std::vector<std::byte> contents(const std::filesystem::path& path) const;
  void set_contents(const std::filesystem::path& path, std::vector<std::byte> bytes);

 private:
  class OpenFile;
  struct Change {
    bool truncation = false;
    uint64_t offset = 0;  ///< of a truncation the new size
    std::vector<std::byte> bytes;
  };
  struct Node {
    std::vector<std::byte> written;
    std::vector<std::byte> synced;
    std::vector<Change> unsynced;
    bool read_only = false;
    bool unreadable = false;
  };
  using Entries = std::map<std::filesystem::path, std::shared_ptr<Node>>;

  static void apply(std::vector<std::byte>& bytes, const Change& change);
  static std::shared_ptr<Node> settled(std::vector<std::byte> bytes);
  /// With `mutex_` held: the error that this change meets, if any.
  std::optional<Error> fault(const std::string& what);

  mutable std::mutex mutex_;
  Entries entries_;
  Entries synced_entries_;
  uint64_t operations_ = 0;
  uint64_t syncs_ = 0;
  uint64_t fail_from_ = UINT64_MAX;
  uint64_t fail_until_ = UINT64_MAX;
  ErrorCode fail_code_ = ErrorCode::Io;
  bool reads_fail_ = false;
  uint64_t free_bytes_ = uint64_t{1} << 40;
};

}  // namespace kvasir::storage::testing
