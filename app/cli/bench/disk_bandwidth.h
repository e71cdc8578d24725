#pragma once

#include <cstdint>
#include <filesystem>

namespace kvasir::app {

/// A file of `bytes` random bytes, on the disk when this returns. Throws CommandFailed.
void write_random_file(const std::filesystem::path& path, uint64_t bytes);

/// Bytes per second at which the whole file is read past the page cache, in pieces of 8 MiB by four threads.
/// Throws CommandFailed.
double measure_direct_read(const std::filesystem::path& path);

/// Has the operating system forget what it holds of a file in memory (what is not written yet, it keeps).
void drop_from_page_cache(const std::filesystem::path& path);

}  // namespace kvasir::app
