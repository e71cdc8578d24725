#pragma once

#include "app/services/outcome.h"
#include "storage/conversations/chat_record.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace kvasir::app {

enum class ExportForm {
  Json,      ///< Kvasir's own, which loses nothing
  Markdown,  ///< to be read: of each chat the branch that is shown
};

struct ExportSteps {
  /// Reads a chat; of one that is gone by now, the failure.
  std::function<Outcome<storage::ChatRecord>(int64_t id)> read;
  /// How many chats have been written, 0 … 1. May be empty.
  std::function<void(double)> progress;
};

/// Writes the chats into a new file, which is there only once it is whole. For a worker. Returns how many
/// were written. A file that is there already is not replaced.
Outcome<size_t> export_chats(const std::filesystem::path& file, ExportForm form,
                             const std::vector<int64_t>& ids, const ExportSteps& steps,
                             std::stop_token stop = {});

/// The branch of a chat that is shown.
std::string chat_to_markdown(const storage::ChatRecord& chat);

}  // namespace kvasir::app
