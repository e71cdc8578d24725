#pragma once

#include "app/services/data_folder.h"
#include "app/services/outcome.h"
#include "storage/conversations/conversation_store.h"
#include "storage/fs/lock_file.h"
#include "storage/kv/disk_block_store.h"
#include "storage/sqlite/database.h"

#include <memory>

namespace kvasir::app {

/// A user's profile, opened and owned by this process: its database and its KV blocks.
///
/// `conversations()` and the database belong to the storage thread; the block store may be used by any.
class Profile {
 public:
  /// Makes the folders where they are missing (readable by the user only), takes the lock, migrates the
  /// database and opens the block store. A block store that can't be opened is done without: `kv_problem`
  /// says why.
  static Outcome<std::unique_ptr<Profile>> open(const DataFolder& folder);
  /// Writes what KV is left; the log says so where blocks could not be kept.
  ~Profile();

  storage::ConversationStore& conversations() { return *conversations_; }
  /// Null where `kv_problem` is not empty.
  storage::DiskBlockStore* blocks() { return blocks_.get(); }
  const std::string& kv_problem() const { return kv_problem_; }

 private:
  explicit Profile(storage::LockFile lock) : lock_(std::move(lock)) {}

  storage::LockFile lock_;  // first: let go of last
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::ConversationStore> conversations_;
  std::unique_ptr<storage::DiskBlockStore> blocks_;
  std::string kv_problem_;
};

}  // namespace kvasir::app
