#pragma once

#include <filesystem>

namespace kvasir::app {

/// Sends the log to `folder`/kvasir.log (a few files of 1 MiB, the oldest dropped). What people write is
/// never logged. Without a writable folder there is no log: that keeps nobody from chatting.
void start_logging(const std::filesystem::path& folder);

}  // namespace kvasir::app
