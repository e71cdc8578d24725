#pragma once

#include "app/services/data_folder.h"
#include "app/services/outcome.h"
#include "app/services/profile_secret.h"
#include "storage/conversations/conversation_store.h"
#include "storage/fs/lock_file.h"
#include "storage/kv/disk_block_store.h"
#include "storage/sqlite/database.h"

#include <memory>
#include <optional>

namespace kvasir::app {

/// A user's profile, opened and owned by this process: its database and its KV blocks.
///
/// `conversations()` and the database belong to the storage thread; the block store may be used by any.
class Profile {
 public:
  /// Makes the folders where they are missing (readable by the user only), takes the lock, migrates the
  /// database, gets or makes the secret, brings the KV to the place that was chosen for it and opens the
  /// block store. A secret that can't be had now and a block store that can't be opened are done without:
  /// `kv_problem` says why. `keychain` may be null; it is asked
  /// within this call only.
  static Outcome<std::unique_ptr<Profile>> open(const DataFolder& folder, Keychain* keychain = nullptr);
  /// Writes what KV is left; the log says so where blocks could not be kept.
  ~Profile();

  storage::ConversationStore& conversations() { return *conversations_; }
  /// Null where KV can't be kept.
  storage::DiskBlockStore* blocks() { return blocks_.get(); }
  /// Why it can't, or why it lies elsewhere than where it was wanted; empty where all is well.
  const std::string& kv_problem() const { return kv_problem_; }
  /// Part of every block's key. Empty only where there are no `blocks`.
  const Secret& secret() const { return secret_; }

 private:
  explicit Profile(storage::LockFile lock) : lock_(std::move(lock)) {}
  Outcome<void> open_database(const DataFolder& folder);
  Outcome<void> open_blocks(const DataFolder& folder, Keychain* keychain);

  storage::LockFile lock_;                    // first: let go of last
  std::optional<storage::LockFile> kv_lock_;  // where the KV lies in a folder that others could use too
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::ConversationStore> conversations_;
  std::unique_ptr<storage::DiskBlockStore> blocks_;
  std::string kv_problem_;
  Secret secret_;
};

}  // namespace kvasir::app
