#include "app/services/profile_secret.h"

#include "app/services/hex.h"
#include "app/services/private_file.h"

#include <spdlog/spdlog.h>
#include <sys/random.h>

#include <string_view>
#include <utility>

namespace kvasir::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInKeychain = "keychain ";  // and the name of the entry
constexpr size_t kEntryBytes = 16;
constexpr size_t kLongestSecretFile = 256;

/// Empty where the system has no random bytes, which it says.
std::vector<std::byte> random_bytes(size_t count) {
  std::vector<std::byte> bytes(count);
  if (getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count)) bytes.clear();
  return bytes;
}

/// What the file says: a secret, or the name of the keychain's entry. Neither where there is none, or where
/// it says anything else.
struct SecretFile {
  Secret secret;
  std::string keychain_entry;
};

SecretFile parse(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  SecretFile file;
  if (!text.starts_with(kInKeychain)) {
    if (Secret secret = from_hex(text); secret.size() == kSecretBytes) file.secret = std::move(secret);
  } else if (const auto entry = text.substr(kInKeychain.size()); from_hex(entry).size() == kEntryBytes) {
    file.keychain_entry = entry;
  }
  return file;
}

Outcome<SecretFile> read_secret_file(const fs::path& path) {
  auto text = read_private_file(path, kLongestSecretFile);
  if (!text) return tl::unexpected(text.error());
  return parse(text->value_or(""));
}

/// The file first: an entry whose name is lost would stay in the keychain for good.
Outcome<void> keep_in_keychain(const fs::path& path, const Secret& secret, Keychain& keychain) {
  const std::string entry = to_hex(random_bytes(kEntryBytes));
  if (entry.empty()) return tl::unexpected(std::string("The system has no random numbers."));
  if (auto written = write_private_file(path, std::string(kInKeychain) + entry + "\n"); !written)
    return written;
  return keychain.write(entry, secret);
}

Outcome<Secret> make_secret(const fs::path& path, Keychain* keychain) {
  Secret secret = random_bytes(kSecretBytes);
  if (secret.empty()) return tl::unexpected(std::string("The system has no random numbers."));
  if (keychain != nullptr) {
    const auto kept = keep_in_keychain(path, secret, *keychain);
    if (kept) return secret;
    spdlog::info("the profile's secret is kept in {}, not in the keychain: {}", path.string(), kept.error());
  }
  if (auto written = write_private_file(path, to_hex(secret) + "\n"); !written)
    return tl::unexpected(written.error());
  return secret;
}

}  // namespace

Outcome<Secret> profile_secret(const DataFolder& folder, Keychain* keychain) {
  auto file = read_secret_file(folder.secret());
  if (!file) return tl::unexpected(file.error());
  if (!file->secret.empty()) return std::move(file->secret);
  if (!file->keychain_entry.empty()) {
    // Not to be replaced: it is there again once the keychain can be asked.
    if (keychain == nullptr)
      return tl::unexpected(
          std::string("The profile's secret lies in the desktop's keychain, which can't be "
                      "asked here."));
    auto found = keychain->read(file->keychain_entry);
    if (!found) return tl::unexpected("The profile's secret lies in the keychain. " + found.error());
    if (*found && (*found)->size() == kSecretBytes) return std::move(**found);
  }
  return make_secret(folder.secret(), keychain);
}

Outcome<void> delete_profile_secret(const DataFolder& folder, Keychain* keychain) {
  const auto file = read_secret_file(folder.secret());
  if (file && !file->keychain_entry.empty()) {
    if (keychain == nullptr)
      return tl::unexpected(
          std::string("The profile's secret lies in the desktop's keychain, which can't be asked here."));
    if (auto removed = keychain->remove(file->keychain_entry); !removed) return removed;
  }
  return remove_private_file(folder.secret());
}

}  // namespace kvasir::app
