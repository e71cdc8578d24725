#include "app/services/kv_place.h"

#include "app/services/private_file.h"
#include "storage/fs/file_system.h"
#include "storage/kv/disk_block_store.h"

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace kvasir::app {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestPlaceFile = 16384;
constexpr std::string_view kFolder = "folder ";
constexpr std::string_view kBring = "bring ";
constexpr std::string_view kDelete = "delete ";

/// The file `kv-place`, a word and a path in each line.
struct PlaceFile {
  fs::path folder;  ///< empty: the profile's own
  fs::path former;  ///< what is there is to be brought along or deleted; empty: nothing
  FormerKv what_of_it = FormerKv::BringAlong;
};

bool is_path(std::string_view text) {
  return text.starts_with('/') && text.find_first_of(std::string_view("\n\0", 2)) == std::string_view::npos;
}

PlaceFile read_place(const DataFolder& folder) {
  const auto text = read_private_file(folder.kv_place(), kLongestPlaceFile);
  PlaceFile file;
  if (!text || !*text) return file;
  for (std::string_view rest = **text; !rest.empty();) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return {};  // it was cut off
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const auto path_behind = [&](std::string_view word) {
      return line.starts_with(word) && is_path(line.substr(word.size()))
                 ? std::optional(fs::path(line.substr(word.size())))
                 : std::nullopt;
    };
    if (const auto path = path_behind(kFolder)) file.folder = *path;
    for (const FormerKv what : {FormerKv::BringAlong, FormerKv::Delete}) {
      const auto path = path_behind(what == FormerKv::Delete ? kDelete : kBring);
      if (!path) continue;
      file.former = *path;
      file.what_of_it = what;
    }
  }
  return file;
}

Outcome<void> write_place(const DataFolder& folder, const PlaceFile& file) {
  std::string text;
  const auto add = [&](std::string_view word, const fs::path& path) {
    if (!path.empty()) text += std::string(word) + path.string() + "\n";
  };
  add(kFolder, file.folder);
  add(file.what_of_it == FormerKv::Delete ? kDelete : kBring, file.former);
  return text.empty() ? remove_private_file(folder.kv_place()) : write_private_file(folder.kv_place(), text);
}

/// Where it lies unless another place was chosen, named in full.
fs::path own_folder(const DataFolder& folder) {
  std::error_code error;
  const fs::path whole = fs::absolute(folder.kv(), error);
  return error ? folder.kv() : whole;
}

KvPlace place_of(const DataFolder& folder, const PlaceFile& file) {
  return file.folder.empty() ? KvPlace{own_folder(folder), false} : KvPlace{file.folder, true};
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<fs::path> store_files(const fs::path& store) {
  return storage::DiskBlockStore::files_in(store, storage::posix_file_system())
      .value_or(std::vector<fs::path>());
}

void delete_store(const fs::path& store) {
  std::error_code ignored;
  for (const fs::path& file : store_files(store)) fs::remove(file, ignored);
  fs::remove(store / kKvLockName, ignored);
  fs::remove(store, ignored);  // only where nothing else is in it
}

Outcome<void> check_room(const std::vector<fs::path>& files, const fs::path& to) {
  uint64_t wanted = storage::DiskBlockStoreLimits().min_free_bytes;
  std::error_code error;
  for (const fs::path& file : files) wanted += fs::file_size(file, error);
  const auto free = storage::posix_file_system().free_bytes(to);
  if (!free || *free >= wanted) return {};
  return tl::unexpected("There is not enough space in " + to.string() + " for what is kept now.");
}

/// All of them or none. On one disk that is done at once; to another it can't be.
bool rename_all(const std::vector<fs::path>& files, const fs::path& to) {
  std::error_code error;
  for (size_t i = 0; i < files.size(); ++i) {
    fs::rename(files[i], to / files[i].filename(), error);
    if (!error) continue;
    while (i-- > 0) fs::rename(to / files[i].filename(), files[i], error);
    return false;
  }
  return true;
}

/// All of them or none.
Outcome<void> copy_all(const std::vector<fs::path>& files, const fs::path& to) {
  if (auto room = check_room(files, to); !room) return room;
  std::error_code error;
  for (const fs::path& file : files)
    if (!error) fs::copy_file(file, to / file.filename(), fs::copy_options::overwrite_existing, error);
  if (!error) return {};
  std::error_code ignored;
  for (const fs::path& file : files) fs::remove(to / file.filename(), ignored);
  return tl::unexpected("What is kept could not be copied to " + to.string() + ": " + error.message() + ".");
}

/// All of it or nothing.
Outcome<void> move_store(const fs::path& from, const fs::path& to) {
  const auto files = store_files(from);
  if (!rename_all(files, to))
    if (auto copied = copy_all(files, to); !copied) return copied;
  delete_store(from);
  return {};
}

Outcome<fs::path> make_folder_in(const fs::path& chosen) {
  std::string name = (chosen / "kvasir-XXXXXX").string();
  if (!is_path(name))
    return tl::unexpected("The folder " + chosen.string() + " can't be used: name it in full.");
  if (::mkdtemp(name.data()) != nullptr) return fs::path(name);
  return tl::unexpected("Nothing can be kept in the folder " + chosen.string() + ": " +
                        std::generic_category().message(errno) + ". Choose another one.");
}

}  // namespace

KvPlace kv_place(const DataFolder& folder) {
  return place_of(folder, read_place(folder));
}

Outcome<void> choose_kv_place(const DataFolder& folder, const fs::path& chosen, FormerKv former) {
  const PlaceFile now = read_place(folder);
  const KvPlace present = place_of(folder, now);
  if (chosen.lexically_normal() == present.chosen().lexically_normal() &&
      (!present.is_chosen || is_folder(present.folder)))
    return {};
  PlaceFile wanted;
  if (!chosen.empty()) {
    auto made = make_folder_in(chosen);
    if (!made) return tl::unexpected(made.error());
    wanted.folder = *made;
  }
  // A choice that was never used is passed over.
  wanted.former = now.former.empty() ? present.folder : now.former;
  wanted.what_of_it = former;
  if (!now.former.empty() && present.is_chosen) delete_store(present.folder);
  return write_place(folder, wanted);
}

Outcome<SettledKvPlace> settle_kv_place(const DataFolder& folder) {
  PlaceFile file = read_place(folder);
  SettledKvPlace settled{place_of(folder, file), {}};
  if (file.folder.empty()) {
    std::error_code ignored;  // the store says why it can't be opened
    fs::create_directories(settled.place.folder, ignored);
  } else if (!is_folder(file.folder)) {
    return tl::unexpected(
        "What Kvasir keeps for chats lies in " + file.folder.string() +
        ", which is not there now. Chats go on, but take longer to open. Connect its disk and "
        "start Kvasir again, or choose another place in the storage settings.");
  }
  if (file.former.empty()) return settled;
  if (file.what_of_it == FormerKv::Delete) {
    delete_store(file.former);
  } else if (const auto moved = move_store(file.former, settled.place.folder); !moved) {
    settled.problem = moved.error() + " It stays where it was, and is used there.";
    if (settled.place.is_chosen) delete_store(settled.place.folder);
    file.folder = file.former == own_folder(folder) ? fs::path() : file.former;
    settled.place = place_of(folder, file);
  }
  file.former.clear();
  if (auto written = write_place(folder, file); !written) return tl::unexpected(written.error());
  return settled;
}

void delete_chosen_kv(const DataFolder& folder) {
  const PlaceFile file = read_place(folder);
  if (!file.folder.empty()) delete_store(file.folder);
  if (!file.former.empty()) delete_store(file.former);
}

}  // namespace kvasir::app
