#include "app/services/profile_book.h"

#include "app/services/kv_place.h"
#include "app/services/private_file.h"
#include "storage/fs/lock_file.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace kvasir::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFirstId = "default";
constexpr std::string_view kFirstName = "Default";
constexpr std::string_view kDeletedPrefix = ".deleted-";
constexpr size_t kLongestId = 48;

char to_lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string to_lower(std::string_view text) {
  std::string lower;
  for (const char letter : text) lower += to_lower(letter);
  return lower;
}

/// Letters, digits and hyphens: no folder outside of `profiles` can be meant.
bool is_id(std::string_view id) {
  return !id.empty() && id.front() != '-' && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

fs::path name_file(const DataFolder& folder) {
  return folder.profile() / "name";
}

/// What the profile's file says, or else a name made from its id.
std::string name_of(const DataFolder& folder) {
  const auto text = read_private_file(name_file(folder), kLongestProfileName + 1);
  const std::string_view name = text && *text ? trimmed(**text) : std::string_view();
  if (!name.empty() && name.size() <= kLongestProfileName && !has_control_characters(name))
    return std::string(name);
  return std::string(folder.profile_id == kFirstId ? kFirstName : folder.profile_id);
}

fs::path last_used_file(const DataFolder& data) {
  return data.profiles() / "last-used";
}

}  // namespace

ProfileBook::ProfileBook(DataFolder data, Keychain* keychain) : data_(std::move(data)), keychain_(keychain) {}

DataFolder ProfileBook::folder(const std::string& id) const {
  return {data_.root, id};
}

std::vector<ProfileEntry> ProfileBook::all() const {
  std::vector<ProfileEntry> profiles;
  std::error_code error;
  for (fs::directory_iterator entries(data_.profiles(), error), end; !error && entries != end;
       entries.increment(error)) {
    const std::string id = entries->path().filename().string();
    std::error_code ignored;
    if (is_id(id) && entries->is_directory(ignored)) profiles.push_back({id, name_of(folder(id))});
  }
  if (profiles.empty()) profiles.push_back({std::string(kFirstId), std::string(kFirstName)});
  std::sort(profiles.begin(), profiles.end(), [](const ProfileEntry& a, const ProfileEntry& b) {
    return std::pair(to_lower(a.name), a.id) < std::pair(to_lower(b.name), b.id);
  });
  return profiles;
}

std::optional<ProfileEntry> ProfileBook::find(std::string_view name) const {
  const auto profiles = all();
  const auto wanted = to_lower(trimmed(name));
  auto found = std::find_if(profiles.begin(), profiles.end(),
                            [&](const ProfileEntry& profile) { return to_lower(profile.name) == wanted; });
  if (found == profiles.end())
    found = std::find_if(profiles.begin(), profiles.end(),
                         [&](const ProfileEntry& profile) { return profile.id == name; });
  return found == profiles.end() ? std::nullopt : std::optional(*found);
}

ProfileEntry ProfileBook::last_used() const {
  const auto profiles = all();
  const auto text = read_private_file(last_used_file(data_), kLongestId + 1);
  const std::string_view last = text && *text ? trimmed(**text) : std::string_view();
  for (const std::string_view id : {last, kFirstId})
    for (const ProfileEntry& profile : profiles)
      if (profile.id == id) return profile;
  return profiles.front();
}

void ProfileBook::remember_used(const std::string& id) const {
  // Where it can't be written, another one opens next time, and is easily changed.
  static_cast<void>(write_private_file(last_used_file(data_), id + "\n"));
}

Outcome<ProfileEntry> ProfileBook::create(std::string_view name) const {
  sweep_deleted();
  auto checked = checked_name(name, {});
  if (!checked) return tl::unexpected(checked.error());
  ProfileEntry profile{fresh_id(*checked), *checked};
  const DataFolder made = folder(profile.id);
  std::error_code error;
  fs::create_directories(made.profile(), error);
  if (error)
    return tl::unexpected("The folder " + made.profile().string() + " can't be created: " + error.message() +
                          ".");
  fs::permissions(made.profile(), fs::perms::owner_all, error);
  if (auto written = write_private_file(name_file(made), profile.name + "\n"); !written)
    return tl::unexpected(written.error());
  return profile;
}

Outcome<ProfileEntry> ProfileBook::rename(const std::string& id, std::string_view name) const {
  auto checked = checked_name(name, id);
  if (!checked) return tl::unexpected(checked.error());
  if (auto written = write_private_file(name_file(folder(id)), *checked + "\n"); !written)
    return tl::unexpected(written.error());
  return ProfileEntry{id, *checked};
}

Outcome<void> ProfileBook::remove(const std::string& id) const {
  sweep_deleted();
  const DataFolder doomed = folder(id);
  std::error_code error;
  if (!is_id(id) || !fs::is_directory(doomed.profile(), error)) return {};
  const auto lock = storage::LockFile::acquire(doomed.lock());
  if (!lock) return failure(lock);
  // The secret first: whatever happens then, what was kept under it is worthless.
  if (auto forgotten = delete_profile_secret(doomed, keychain_); !forgotten) return forgotten;
  delete_chosen_kv(doomed);
  const fs::path aside = data_.profiles() / (std::string(kDeletedPrefix) + id);
  fs::rename(doomed.profile(), aside, error);  // gone at once, as a whole
  if (!error) fs::remove_all(aside, error);
  if (error)
    return tl::unexpected("The profile's folder " + doomed.profile().string() +
                          " can't be deleted: " + error.message() + ". Delete it by hand.");
  return {};
}

Outcome<std::string> ProfileBook::checked_name(std::string_view name, std::string_view own_id) const {
  const std::string_view kept = trimmed(name);
  if (kept.empty()) return tl::unexpected(std::string("A profile needs a name."));
  if (kept.size() > kLongestProfileName || has_control_characters(kept))
    return tl::unexpected(std::string("This name is too long, or can't be shown. Choose another one."));
  const auto taken = find(kept);
  if (taken && taken->id != own_id)
    return tl::unexpected("There is a profile named “" + taken->name + "” already. Choose another name.");
  return std::string(kept);
}

std::string ProfileBook::fresh_id(std::string_view name) const {
  std::string id;
  for (const char letter : to_lower(name)) {
    const bool kept = is_id(std::string_view(&letter, 1));
    if (kept)
      id += letter;
    else if (!id.empty() && id.back() != '-')
      id += '-';
  }
  id.resize(std::min(id.size(), kLongestId / 2));
  while (!id.empty() && id.back() == '-') id.pop_back();
  if (id.empty()) id = "profile";
  std::string fresh = id;
  std::error_code error;
  for (int number = 2; fs::exists(folder(fresh).profile(), error); ++number)
    fresh = id + "-" + std::to_string(number);
  return fresh;
}

void ProfileBook::sweep_deleted() const {
  std::error_code error;
  for (fs::directory_iterator entries(data_.profiles(), error), end; !error && entries != end;
       entries.increment(error)) {
    std::error_code ignored;
    if (entries->path().filename().string().starts_with(kDeletedPrefix))
      fs::remove_all(entries->path(), ignored);
  }
}

}  // namespace kvasir::app
