#include "storage/base/try.h"
#include "storage/fs/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace kvasir::storage {
namespace {

tl::unexpected<Error> system_failure(int error, const char* what, const std::filesystem::path& path) {
  const std::string reason = std::generic_category().message(error);
  if (error == ENOSPC || error == EDQUOT) {
    return fail(ErrorCode::DiskFull, std::string("Kvasir could not ") + what + " " + path.string() +
                                         ": the disk is full. Free some space and try again.");
  }
  return fail(error == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
              std::string("Kvasir could not ") + what + " " + path.string() + ": " + reason +
                  ". Check that it exists, its permissions, and the disk that holds it.");
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int value() const { return value_; }
  int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

int open_retrying(const std::filesystem::path& path, int flags) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor >= 0 || errno != EINTR) return descriptor;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}

  Result<void> read(uint64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      const ssize_t count = ::pread(descriptor_.value(), out.data(), out.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_failure(errno, "read", path_);
      if (count == 0) {
        return fail(ErrorCode::Corrupt, "The file " + path_.string() +
                                            " is shorter than it should be: it ends "
                                            "at byte " +
                                            std::to_string(offset) + ".");
      }
      out = out.subspan(static_cast<size_t>(count));
      offset += static_cast<uint64_t>(count);
    }
    return {};
  }

  Result<void> write(uint64_t offset, std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t count =
          ::pwrite(descriptor_.value(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_failure(errno, "write", path_);
      bytes = bytes.subspan(static_cast<size_t>(count));
      offset += static_cast<uint64_t>(count);
    }
    return {};
  }

  bool writable() const override { return (::fcntl(descriptor_.value(), F_GETFL) & O_ACCMODE) != O_RDONLY; }

  Result<uint64_t> size() const override {
    struct stat status = {};
    if (::fstat(descriptor_.value(), &status) != 0) return system_failure(errno, "read the size of", path_);
    return static_cast<uint64_t>(status.st_size);
  }

  Result<void> truncate(uint64_t size) override {
    while (::ftruncate(descriptor_.value(), static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return system_failure(errno, "shorten", path_);
    }
    return {};
  }

  Result<void> sync() override {
    // Never retried: after a failure the kernel may have forgotten which pages were not written.
    if (::fdatasync(descriptor_.value()) != 0) return system_failure(errno, "save", path_);
    return {};
  }

  void read_ahead(uint64_t offset, uint64_t size) const override {
    ::posix_fadvise(descriptor_.value(), static_cast<off_t>(offset), static_cast<off_t>(size),
                    POSIX_FADV_WILLNEED);
  }

 private:
  Descriptor descriptor_;
  std::filesystem::path path_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, bool create) override {
    // Non-blocking, so that a pipe that stands where a file should does not hang the program.
    Descriptor descriptor(open_retrying(path, O_RDWR | O_NONBLOCK | (create ? O_CREAT : 0)));
    if (descriptor.value() < 0 && !create && (errno == EACCES || errno == EROFS)) {
      Descriptor read_only(open_retrying(path, O_RDONLY | O_NONBLOCK));
      return wrap(read_only, path);
    }
    return wrap(descriptor, path);
  }

  Result<void> create_directories(const std::filesystem::path& path) override {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return {};
    if (path.has_parent_path() && path.parent_path() != path)
      KVASIR_TRY(create_directories(path.parent_path()));
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return system_failure(errno, "create the folder", path);
    }
    if (!std::filesystem::is_directory(path, error))
      return system_failure(ENOTDIR, "create the folder", path);
    return {};
  }

  Result<std::vector<std::filesystem::path>> list(const std::filesystem::path& directory) override {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    std::filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      found.push_back(entry->path());
    }
    if (error) return system_failure(error.value(), "list the folder", directory);
    return found;
  }

  Result<void> remove(const std::filesystem::path& path) override {
    if (::unlink(path.c_str()) != 0) return system_failure(errno, "remove", path);
    return {};
  }

  Result<uint64_t> free_bytes(const std::filesystem::path& directory) override {
    KVASIR_TRY_ASSIGN(const auto space, space_of(directory));
    return space.available;
  }

  Result<uint64_t> disk_bytes(const std::filesystem::path& directory) override {
    KVASIR_TRY_ASSIGN(const auto space, space_of(directory));
    return space.capacity;
  }

  Result<void> sync_directory(const std::filesystem::path& path) override {
    Descriptor descriptor(open_retrying(path, O_RDONLY | O_DIRECTORY));
    if (descriptor.value() < 0) return system_failure(errno, "open the folder", path);
    if (::fsync(descriptor.value()) != 0) return system_failure(errno, "save the folder", path);
    return {};
  }

 private:
  static Result<std::filesystem::space_info> space_of(const std::filesystem::path& directory) {
    std::error_code error;
    const auto space = std::filesystem::space(directory, error);
    if (error) return system_failure(error.value(), "read the free space of", directory);
    return space;
  }

  /// `descriptor` is the result of an open just made, errno its reason if it failed.
  static Result<std::unique_ptr<File>> wrap(Descriptor& descriptor, const std::filesystem::path& path) {
    if (descriptor.value() < 0) return system_failure(errno, "open", path);
    struct stat status = {};
    if (::fstat(descriptor.value(), &status) != 0) return system_failure(errno, "open", path);
    if (!S_ISREG(status.st_mode)) {
      return fail(ErrorCode::Io, "Kvasir could not open " + path.string() +
                                     ": it is not an ordinary file. Move it elsewhere.");
    }
    return std::make_unique<PosixFile>(descriptor.release(), path);
  }
};

}  // namespace

FileSystem& posix_file_system() {
  static PosixFileSystem instance;
  return instance;
}

}  // namespace kvasir::storage
