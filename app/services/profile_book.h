#pragma once

#include "app/services/data_folder.h"
#include "app/services/outcome.h"
#include "app/services/profile_secret.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::app {

struct ProfileEntry {
  std::string id;    ///< the name of its folder; never changes
  std::string name;  ///< as people see it

  bool operator==(const ProfileEntry&) const = default;
};

/// The profiles of a data folder: which there are, what they are called, which was used last. They are looked
/// up on the disk at each call; one thread at a time.
class ProfileBook {
 public:
  /// `keychain` may be null and must outlive the book.
  explicit ProfileBook(DataFolder data, Keychain* keychain = nullptr);

  /// By name, at least one: where no profile has been made yet, the one that will be.
  std::vector<ProfileEntry> all() const;
  /// By name, without regard to the case of ASCII letters, or else by id.
  std::optional<ProfileEntry> find(std::string_view name) const;
  /// The one that was used last, if it is still there, or else "default" or any.
  ProfileEntry last_used() const;
  void remember_used(const std::string& id) const;

  /// The name is trimmed; it must not be empty, too long, or taken.
  Outcome<ProfileEntry> create(std::string_view name) const;
  Outcome<ProfileEntry> rename(const std::string& id, std::string_view name) const;
  /// Deletes the secret, then the folder with all that is in it. Fails where a process has the profile open.
  Outcome<void> remove(const std::string& id) const;

  /// Where the profile's files are.
  DataFolder folder(const std::string& id) const;

 private:
  Outcome<std::string> checked_name(std::string_view name, std::string_view own_id) const;
  std::string fresh_id(std::string_view name) const;
  void sweep_deleted() const;

  DataFolder data_;
  Keychain* keychain_;
};

/// In bytes of UTF-8.
inline constexpr size_t kLongestProfileName = 80;

}  // namespace kvasir::app
