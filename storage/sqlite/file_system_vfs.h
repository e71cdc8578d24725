#pragma once

#include "storage/fs/file_system.h"

#include <memory>
#include <string>

struct sqlite3_vfs;

namespace kvasir::storage {

/// SQLite on a FileSystem: what a database writes goes the same way as everything else of the store, and can
/// be made to fail like it. For databases that one connection has open at a time: nothing is locked.
class FileSystemVfs {
 public:
  explicit FileSystemVfs(FileSystem& files);
  FileSystemVfs(const FileSystemVfs&) = delete;
  FileSystemVfs& operator=(const FileSystemVfs&) = delete;
  /// Not before the databases on it are closed.
  ~FileSystemVfs();

  /// What it is registered as with SQLite.
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace kvasir::storage
