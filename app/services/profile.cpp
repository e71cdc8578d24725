#include "app/services/profile.h"

#include "app/services/kv_place.h"
#include "app/settings/kv_settings.h"
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

Outcome<std::unique_ptr<Profile>> Profile::open(const DataFolder& folder, Keychain* keychain) {
  if (auto made = make_private_folder(folder.profile()); !made) return tl::unexpected(made.error());
  auto lock = storage::LockFile::acquire(folder.lock());
  if (!lock) return failure(lock);
  std::unique_ptr<Profile> profile(new Profile(std::move(*lock)));
  if (auto opened = profile->open_database(folder); !opened) return tl::unexpected(opened.error());
  if (auto opened = profile->open_blocks(folder, keychain); !opened) profile->kv_problem_ = opened.error();
  return profile;
}

Outcome<void> Profile::open_database(const DataFolder& folder) {
  auto database = storage::Database::open(folder.database());
  if (!database) return failure(database);
  database_ = std::make_unique<storage::Database>(std::move(*database));
  if (auto migrated = storage::migrate(*database_); !migrated) return failure(migrated);
  auto conversations = storage::ConversationStore::open(*database_);
  if (!conversations) return failure(conversations);
  conversations_ = std::make_unique<storage::ConversationStore>(std::move(*conversations));
  if (auto purged = conversations_->purge_deleted(); !purged) return failure(purged);
  return {};
}

Outcome<void> Profile::open_blocks(const DataFolder& folder, Keychain* keychain) {
  auto secret = profile_secret(folder, keychain);
  if (!secret) return tl::unexpected(secret.error());
  const auto settings = read_kv_settings(*conversations_);
  if (!settings) return failure(settings);
  const auto settled = settle_kv_place(folder);
  if (!settled) return tl::unexpected(settled.error());
  const KvPlace& place = settled->place;
  if (place.is_chosen) {
    auto lock = storage::LockFile::acquire(place.folder / kKvLockName);
    if (!lock)
      return tl::unexpected("What Kvasir keeps for chats lies in " + place.folder.string() +
                            ", which can't be used now: another Kvasir has it open, or it can't be written. "
                            "Chats go on, but take longer to open.");
    kv_lock_ = std::move(*lock);
  }
  storage::DiskBlockStoreOptions options;
  options.limits = settings->limits();
  if (settings->encrypt) options.secret = *secret;
  auto blocks = storage::DiskBlockStore::open(place.folder, storage::posix_file_system(), options);
  if (!blocks) return failure(blocks);
  blocks_ = std::move(*blocks);
  secret_ = std::move(*secret);
  kv_problem_ = settled->problem;
  return {};
}

Profile::~Profile() {
  if (!blocks_) return;
  blocks_->flush();
  if (const auto health = blocks_->health(); !health) spdlog::warn("{}", health.error().message);
}

}  // namespace kvasir::app
