#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace kvasir::engine {

/// The system's page size.
inline size_t page_bytes() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

/// How many pages hold so many bytes, if they begin with one.
inline size_t pages_of(size_t bytes) {
  return (bytes + page_bytes() - 1) / page_bytes();
}

/// The pages that lie wholly within `bytes`.
inline std::span<const std::byte> whole_pages(std::span<const std::byte> bytes) {
  const auto begins_behind_page = reinterpret_cast<uintptr_t>(bytes.data()) % page_bytes();
  const size_t first = begins_behind_page == 0 ? 0 : page_bytes() - begins_behind_page;
  if (bytes.size() < first + page_bytes()) return {};
  return bytes.subspan(first, (bytes.size() - first) / page_bytes() * page_bytes());
}

}  // namespace kvasir::engine
