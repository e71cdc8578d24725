#pragma once

#include "app/services/outcome.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace kvasir::app {

// Small text files that only their user may read (mode 0600).

/// Nothing where there is no such file; fails where it can't be read. A file that others may read is closed
/// to them. No more than `limit` bytes are read.
Outcome<std::optional<std::string>> read_private_file(const std::filesystem::path& path, size_t limit);
/// The whole file or none of it, on the disk when this returns.
Outcome<void> write_private_file(const std::filesystem::path& path, std::string_view text);
Outcome<void> remove_private_file(const std::filesystem::path& path);

}  // namespace kvasir::app
