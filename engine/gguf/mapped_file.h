#pragma once

#include "engine/base/result.h"

#include <cstddef>
#include <filesystem>
#include <span>

namespace kvasir::engine {

/// A regular file, mapped read-only for as long as this object lives. Immutable: safe to read from several
/// threads. A file that another program shortens meanwhile cannot be read safely through any mapping
/// (the system raises SIGBUS), so model files are replaced by renaming, never rewritten in place.
class MappedFile {
 public:
  /// Io where the system refuses; BadFile where the file is empty or is no regular file.
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }
  /// Of the open file, which may have another name by now.
  int descriptor() const { return descriptor_; }

 private:
  MappedFile(std::span<const std::byte> bytes, int descriptor) : bytes_(bytes), descriptor_(descriptor) {}
  std::span<const std::byte> bytes_;
  int descriptor_ = -1;
};

}  // namespace kvasir::engine
