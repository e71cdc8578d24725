#include "app/services/profile_secret.h"

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
constexpr size_t kLongestFile = 256;

/// Empty where the system has no random bytes, which it says.
std::vector<std::byte> random_bytes(size_t count) {
  std::vector<std::byte> bytes(count);
  if (getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count)) bytes.clear();
  return bytes;
}

std::string to_hex(const std::vector<std::byte>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<size_t>(byte >> 4)];
    text += kDigits[std::to_integer<size_t>(byte & std::byte{15})];
  }
  return text;
}

int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/// Empty where the text is not exactly so many bytes.
std::vector<std::byte> from_hex(std::string_view text, size_t count) {
  std::vector<std::byte> bytes;
  if (text.size() != 2 * count) return bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit_value(text[i]);
    const int low = digit_value(text[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes.push_back(static_cast<std::byte>(high * 16 + low));
  }
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
    file.secret = from_hex(text, kSecretBytes);
  } else if (const auto entry = text.substr(kInKeychain.size()); !from_hex(entry, kEntryBytes).empty()) {
    file.keychain_entry = entry;
  }
  return file;
}

Outcome<SecretFile> read_secret_file(const fs::path& path) {
  auto text = read_private_file(path, kLongestFile);
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
