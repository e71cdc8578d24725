#pragma once

#include "storage/base/result.h"

#include <filesystem>

namespace kvasir::storage {

/// Ownership of a folder by one process, held as an advisory lock of the open file: the kernel lets go of it
/// whenever the process ends, also by kill −9. The file itself stays; it holds the owner's process id.
class LockFile {
 public:
  /// InUse, with a sentence that names the folder and the owner's process, where another process holds it.
  static Result<LockFile> acquire(const std::filesystem::path& path);

  LockFile(LockFile&&) noexcept;
  LockFile& operator=(LockFile&&) noexcept;
  ~LockFile();

 private:
  explicit LockFile(int descriptor);
  int descriptor_ = -1;
};

}  // namespace kvasir::storage
