#pragma once

#include "app/services/data_folder.h"
#include "app/services/outcome.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kvasir::app {

inline constexpr size_t kSecretBytes = 32;

/// What tells a profile's KV from all others': it is part of every block's key, and what encrypts the blocks
/// is derived from it. `kSecretBytes` random bytes.
using Secret = std::vector<std::byte>;

/// Where secrets lie that are not to lie beside what they protect: the desktop's keychain. Calls wait for it;
/// they come from the thread that opens a profile.
class Keychain {
 public:
  virtual ~Keychain() = default;

  /// Nothing where there is no such entry. Fails where the keychain can't be asked: gone, or still locked.
  virtual Outcome<std::optional<Secret>> read(const std::string& entry) = 0;
  virtual Outcome<void> write(const std::string& entry, const Secret& secret) = 0;
  /// An entry that is not there is none to fail for.
  virtual Outcome<void> remove(const std::string& entry) = 0;
};

/// The secret of a profile whose folder exists and whose lock is held. It is made where there is none, or
/// where it was lost or damaged: then what was kept under the former one is not found again. It lies in the
/// keychain, and the profile's file `secret` says so; without a keychain (null, or it refuses) in that file.
/// Fails where the secret lies in a keychain that can't be asked now, or can't be kept anywhere.
Outcome<Secret> profile_secret(const DataFolder& folder, Keychain* keychain);

/// Deletes it, wherever it lies. Nothing to delete is a success.
Outcome<void> delete_profile_secret(const DataFolder& folder, Keychain* keychain);

}  // namespace kvasir::app
