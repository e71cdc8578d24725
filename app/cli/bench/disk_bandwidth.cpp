#include "app/cli/bench/disk_bandwidth.h"

#include "app/cli/command.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace kvasir::app {
namespace {

constexpr size_t kPieceBytes = size_t{8} << 20;
constexpr size_t kPageBytes = 4096;  // what direct reads are aligned to
constexpr unsigned kReaders = 4;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using Piece = std::unique_ptr<std::byte, Free>;

Piece make_piece() {
  return Piece(static_cast<std::byte*>(std::aligned_alloc(kPageBytes, kPieceBytes)));
}

class OpenFile {
 public:
  OpenFile(const std::filesystem::path& path, int flags)
      : path_(path), descriptor_(::open(path.c_str(), flags, 0600)) {
    if (descriptor_ < 0) fail("opened");
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(descriptor_); }

  int descriptor() const { return descriptor_; }
  [[noreturn]] void fail(const char* what) const {
    throw CommandFailed{kExitFailed,
                        path_.string() + " can't be " + what + " (" + std::strerror(errno) + ")."};
  }

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace

void write_random_file(const std::filesystem::path& path, uint64_t bytes) {
  const OpenFile file(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
  std::vector<uint64_t> words(kPieceBytes / sizeof(uint64_t));
  std::mt19937_64 random(1);
  for (uint64_t& word : words) word = random();
  for (uint64_t at = 0; at < bytes;) {
    words[0] = at;  // no two pieces are equal
    const auto piece = std::as_bytes(std::span(words)).first(std::min<uint64_t>(kPieceBytes, bytes - at));
    const ssize_t written = ::pwrite(file.descriptor(), piece.data(), piece.size(), static_cast<off_t>(at));
    if (written <= 0) file.fail("written");
    at += static_cast<uint64_t>(written);
  }
  if (::fdatasync(file.descriptor()) != 0) file.fail("written");
}

double measure_direct_read(const std::filesystem::path& path) {
  const OpenFile file(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
  const uint64_t bytes = std::filesystem::file_size(path);
  std::atomic<uint64_t> next = 0;
  std::atomic<bool> failed = false;
  const auto started = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> readers;
    for (unsigned i = 0; i < kReaders; ++i)
      readers.emplace_back([&] {
        const Piece piece = make_piece();
        for (uint64_t at = 0; (at = next.fetch_add(kPieceBytes)) < bytes;)
          if (::pread(file.descriptor(), piece.get(), kPieceBytes, static_cast<off_t>(at)) <= 0)
            failed = true;
      });
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  if (failed) file.fail("read past the page cache");
  return static_cast<double>(bytes) / taken.count();
}

void drop_from_page_cache(const std::filesystem::path& path) {
  const OpenFile file(path, O_RDONLY | O_CLOEXEC);
  ::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace kvasir::app
