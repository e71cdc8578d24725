#include "app/services/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace kvasir::app {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : value_(::open(path.c_str(), flags | O_CLOEXEC, kOwnerOnly)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  bool is_open() const { return value_ >= 0; }

 private:
  int value_;
};

tl::unexpected<Failure> failed(const fs::path& path, const char* what, int error) {
  return tl::unexpected<Failure>("The file " + path.string() + " can't be " + what + ": " +
                                 std::generic_category().message(error) + ".");
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool sync_folder(const fs::path& folder) {
  const Descriptor descriptor(folder, O_RDONLY | O_DIRECTORY);
  return descriptor.is_open() && ::fsync(descriptor.get()) == 0;
}

}  // namespace

Outcome<std::optional<std::string>> read_private_file(const fs::path& path, size_t limit) {
  const Descriptor file(path, O_RDONLY | O_NONBLOCK);  // what is no file but a pipe is not waited for
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    return failed(path, "read", errno);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && (status.st_mode & 077) != 0) ::fchmod(file.get(), kOwnerOnly);
  std::string text(limit, '\0');
  size_t size = 0;
  while (size < limit) {
    const ssize_t got = ::read(file.get(), text.data() + size, limit - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "read", errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

Outcome<void> write_private_file(const fs::path& path, std::string_view text) {
  const fs::path fresh = path.string() + ".new";
  {
    ::unlink(fresh.c_str());  // left by a process that was killed
    const Descriptor file(fresh, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.is_open() || !write_all(file.get(), text) || ::fsync(file.get()) != 0)
      return failed(path, "written", errno);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0 || !sync_folder(path.parent_path()))
    return failed(path, "written", errno);
  return {};
}

Outcome<void> remove_private_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, "deleted", errno);
  return {};
}

}  // namespace kvasir::app
