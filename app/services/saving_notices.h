#pragma once

#include "storage/kv/disk_block_store.h"

#include <optional>
#include <string>

namespace kvasir::app {

/// Notices when the block store pauses and when it goes on, each once. For one thread.
class SavingNotices {
 public:
  struct Notice {
    bool saving = false;  ///< since now
    std::string message;  ///< a sentence for a person
  };

  /// What is new since the last call.
  std::optional<Notice> look(const storage::DiskBlockStore& blocks);

 private:
  storage::Saving last_ = storage::Saving::On;
};

}  // namespace kvasir::app
