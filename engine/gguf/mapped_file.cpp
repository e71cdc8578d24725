#include "engine/gguf/mapped_file.h"

#include "engine/gguf/messages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace kvasir::engine {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

tl::unexpected<Error> refused(const std::filesystem::path& path, const std::string& action, int error) {
  return fail(ErrorCode::Io, "The model file " + quote_path(path) + " could not be " + action + ": " +
                                 std::generic_category().message(error) +
                                 ". Check that it exists and that you may read it.");
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a named pipe would otherwise wait for a writer; it has no effect on regular files.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return refused(path, "opened", errno);

  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return refused(path, "examined", errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::BadFile, quote_path(path) + " is " +
                                        (S_ISDIR(status.st_mode) ? "a folder" : "no ordinary file") +
                                        ", not a model. Choose a file whose name ends in .gguf.");
  }
  if (status.st_size <= 0) {
    return fail(ErrorCode::BadFile, "The model file " + quote_path(path) +
                                        " is empty. Download it again, or choose another file.");
  }
  if (static_cast<uintmax_t>(status.st_size) > SIZE_MAX) return refused(path, "mapped", EFBIG);

  const auto size = static_cast<size_t>(status.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) return refused(path, "mapped into memory", errno);
  // A model's header is read first, from its start to its end; page by page it would take a while.
  constexpr size_t kHeaderBytes = size_t{8} << 20;
  ::madvise(address, std::min(size, kHeaderBytes), MADV_WILLNEED);
  return MappedFile({static_cast<const std::byte*>(address), size}, file.release());
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace kvasir::engine
