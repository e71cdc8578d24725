#pragma once

#include "app/services/outcome.h"
#include "storage/conversations/chat_record.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace kvasir::app {

/// What came of an import.
struct ImportSummary {
  size_t chats = 0;                       ///< that were taken over
  std::map<std::string, size_t> skipped;  ///< that were not, by the reason
  std::string problem;                    ///< a sentence, where the file could not be read to its end
  bool stopped = false;

  /// "312 chats imported. 4 skipped: …" and the problem.
  std::string sentence() const;
};

struct ImportSteps {
  /// Keeps some chats, all or none of them. Its failure ends the import.
  std::function<Outcome<void>(std::vector<storage::ChatRecord>)> keep;
  /// How much of the file has been read, 0 … 1, now and then. May be empty.
  std::function<void(double)> progress;
};

/// Reads Kvasir's own JSON, ChatGPT's `conversations.json` or SillyTavern's JSONL, whichever the file is, and
/// keeps its chats a few at a time. Takes as long as the file is large: for a worker. Fails where nothing of
/// the file can be read.
Outcome<ImportSummary> import_chats(const std::filesystem::path& file, const ImportSteps& steps,
                                    std::stop_token stop = {});

}  // namespace kvasir::app
