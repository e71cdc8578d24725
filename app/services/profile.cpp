#include "app/services/profile.h"

#include "storage/schema/migrations.h"

#include <spdlog/spdlog.h>

#include <system_error>
#include <utility>

namespace kvasir::app {
namespace {

namespace fs = std::filesystem;

Outcome<void> make_private_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    return tl::unexpected("The folder " + path.string() + " can't be created: " + error.message() +
                          ". Choose another one with --data-dir.");
  fs::permissions(path, fs::perms::owner_all, error);  // chats are nobody else's business
  return {};
}

}  // namespace

Outcome<std::unique_ptr<Profile>> Profile::open(const DataFolder& folder) {
  if (auto made = make_private_folder(folder.profile()); !made) return tl::unexpected(made.error());
  auto lock = storage::LockFile::acquire(folder.lock());
  if (!lock) return failure(lock);
  std::unique_ptr<Profile> profile(new Profile(std::move(*lock)));

  auto database = storage::Database::open(folder.database());
  if (!database) return failure(database);
  profile->database_ = std::make_unique<storage::Database>(std::move(*database));
  if (auto migrated = storage::migrate(*profile->database_); !migrated) return failure(migrated);
  auto conversations = storage::ConversationStore::open(*profile->database_);
  if (!conversations) return failure(conversations);
  profile->conversations_ = std::make_unique<storage::ConversationStore>(std::move(*conversations));
  if (auto purged = profile->conversations_->purge_deleted(); !purged) return failure(purged);

  auto blocks = storage::DiskBlockStore::open(folder.kv(), storage::posix_file_system());
  if (blocks)
    profile->blocks_ = std::move(*blocks);
  else
    profile->kv_problem_ = blocks.error().message;
  return profile;
}

Profile::~Profile() {
  if (!blocks_) return;
  blocks_->flush();
  if (const auto health = blocks_->health(); !health) spdlog::warn("{}", health.error().message);
}

}  // namespace kvasir::app
