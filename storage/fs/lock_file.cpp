#include "storage/fs/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace kvasir::storage {
namespace {

tl::unexpected<Error> cannot_lock(const std::filesystem::path& path, int error) {
  if (error == ENOSPC || error == EDQUOT)
    return fail(ErrorCode::DiskFull, "Kvasir could not write the lock file " + path.string() +
                                         ": the disk is full. Free some space and try again.");
  return fail(ErrorCode::Io,
              "Kvasir could not take the lock file " + path.string() + " (" +
                  std::generic_category().message(error) +
                  "). Check that its folder exists and that you may write to it, or choose another folder "
                  "with --data-dir.");
}

/// The process id in the file; empty where there is none (yet), for it is only told, never relied upon.
std::string owner_of(int descriptor) {
  std::array<char, 16> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  std::string_view digits(text.data(), count > 0 ? static_cast<size_t>(count) : 0);
  digits = digits.substr(0, digits.find_first_not_of("0123456789"));
  return std::string(digits);
}

tl::unexpected<Error> in_use(const std::filesystem::path& path, const std::string& owner) {
  return fail(ErrorCode::InUse, "The profile folder " + path.parent_path().string() +
                                    " is in use by another Kvasir" +
                                    (owner.empty() ? "" : " (process " + owner + ")") +
                                    ". Close it first, or choose another folder with --data-dir.");
}

/// False where the path meanwhile names another file: then the lock would protect nothing.
bool still_names(const std::filesystem::path& path, int descriptor) {
  struct stat by_path = {};
  struct stat by_descriptor = {};
  return ::stat(path.c_str(), &by_path) == 0 && ::fstat(descriptor, &by_descriptor) == 0 &&
         by_path.st_dev == by_descriptor.st_dev && by_path.st_ino == by_descriptor.st_ino;
}

}  // namespace

Result<LockFile> LockFile::acquire(const std::filesystem::path& path) {
  for (;;) {
    LockFile lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.descriptor_ < 0) return cannot_lock(path, errno);
    int outcome = 0;
    do {
      outcome = ::flock(lock.descriptor_, LOCK_EX | LOCK_NB);
    } while (outcome != 0 && errno == EINTR);
    if (outcome != 0 && errno == EWOULDBLOCK) return in_use(path, owner_of(lock.descriptor_));
    if (outcome != 0) return cannot_lock(path, errno);
    if (!still_names(path, lock.descriptor_)) continue;
    const std::string owner = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock.descriptor_, 0) != 0 ||
        ::pwrite(lock.descriptor_, owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
      return cannot_lock(path, errno);
    }
    return lock;
  }
}

LockFile::LockFile(int descriptor) : descriptor_(descriptor) {}

LockFile::LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace kvasir::storage
