#include "engine/gguf/resident_file.h"

#include "engine/base/pages.h"
#include "engine/gguf/messages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

namespace kvasir::engine {
namespace {

/// Which pages of a mapping the page cache holds. Where that is not known, none.
std::vector<unsigned char> cached_pages(std::span<const std::byte> mapping) {
  std::vector<unsigned char> pages(pages_of(mapping.size()));
  if (mincore(const_cast<std::byte*>(mapping.data()), mapping.size(), pages.data()) != 0)
    std::ranges::fill(pages, 0);
  return pages;
}

/// The same file once more, to be read past the page cache; -1 where that can't be.
int open_direct(int descriptor) {
#ifdef O_DIRECT
  // By the descriptor and not by the name, which another file may have by now.
  return ::open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
#else
  return -1;
#endif
}

}  // namespace

Result<ResidentFile> ResidentFile::take(const MappedFile& mapping, size_t mapped_bytes,
                                        std::filesystem::path path) {
  const std::span<const std::byte> file = mapping.bytes();
  const size_t first = std::min(mapped_bytes, file.size()) / page_bytes() * page_bytes();
  auto* const address = const_cast<std::byte*>(file.data()) + first;
  const size_t bytes = file.size() - first;
  ResidentFile resident(file, {address, bytes}, std::move(path));
  resident.cached_pages_ = cached_pages(file);
  resident.descriptor_ = mapping.descriptor();
  resident.direct_descriptor_ = open_direct(mapping.descriptor());
  if (bytes == 0) return resident;
  // The page in which the mapped bytes end becomes memory too, and keeps what it holds.
  const std::vector<std::byte> end_of_mapped(address, address + std::min(bytes, page_bytes()));
  void* const memory =
      mmap(address, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (memory == MAP_FAILED)
    return fail(errno == ENOMEM ? ErrorCode::OutOfMemory : ErrorCode::Io,
                "There is not enough memory to load " + quote_path(resident.path_) +
                    ". Close other programs, or choose a smaller model.");
#ifdef MADV_HUGEPAGE
  // Decoding strides through all weights: with small pages a tenth of it is spent looking up addresses.
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  std::ranges::copy(end_of_mapped, address);
  return resident;
}

ResidentFile::ResidentFile(ResidentFile&& other) noexcept
    : file_(other.file_),
      memory_(other.memory_),
      path_(std::move(other.path_)),
      descriptor_(other.descriptor_),
      direct_descriptor_(std::exchange(other.direct_descriptor_, -1)),
      cached_pages_(std::move(other.cached_pages_)) {}

ResidentFile::~ResidentFile() {
  if (direct_descriptor_ >= 0) ::close(direct_descriptor_);
}

bool ResidentFile::is_cached(size_t offset, size_t bytes) const {
  const auto first = cached_pages_.begin() + static_cast<ptrdiff_t>(offset / page_bytes());
  const auto pages = static_cast<ptrdiff_t>(pages_of(bytes));
  const auto cached = std::count_if(first, first + pages, [](unsigned char page) { return (page & 1) != 0; });
  return cached > pages / 2;
}

Result<void> ResidentFile::read(size_t offset, size_t bytes) const {
  const auto first_in_memory = static_cast<size_t>(memory_.data() - file_.data());
  const size_t end = std::min(offset + bytes, file_.size());
  offset = std::max(offset, first_in_memory);
  if (offset >= end) return {};
  bool direct = direct_descriptor_ >= 0 && !is_cached(offset, end - offset);
  while (offset < end) {
    // A direct read asks for whole pages; the memory's last one is whole as well.
    const size_t wanted = direct ? pages_of(end - offset) * page_bytes() : end - offset;
    std::byte* const to = memory_.data() + (offset - first_in_memory);
    const ssize_t count =
        ::pread(direct ? direct_descriptor_ : descriptor_, to, wanted, static_cast<off_t>(offset));
    if (count > 0) {
      offset += static_cast<size_t>(count);
      // What is left after a direct read that ended inside a page can't be read that way.
      direct = direct && offset % page_bytes() == 0;
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && std::exchange(direct, false)) continue;  // the other way tells what is wrong
    if (count == 0)
      return fail(ErrorCode::BadFile, "The model file " + quote_path(path_) +
                                          " became shorter while it was read. Download it again.");
    return fail(ErrorCode::Io, "The model file " + quote_path(path_) +
                                   " could not be read: " + std::generic_category().message(errno) +
                                   ". Check the disk, or download it again.");
  }
  return {};
}

std::span<std::byte> ResidentFile::memory(std::span<const std::byte> data) const {
  const std::less<> before;  // addresses of different objects
  if (before(data.data(), memory_.data()) ||
      before(memory_.data() + memory_.size(), data.data() + data.size()))
    return {};
  return memory_.subspan(static_cast<size_t>(data.data() - memory_.data()), data.size());
}

void ResidentFile::discard(std::span<const std::byte> data) const {
  const std::span<const std::byte> pages = whole_pages(memory(data));
  if (!pages.empty()) madvise(const_cast<std::byte*>(pages.data()), pages.size(), MADV_DONTNEED);
}

}  // namespace kvasir::engine
