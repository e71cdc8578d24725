#pragma once

#include "app/services/data_folder.h"
#include "app/services/outcome.h"

#include <filesystem>
#include <string>

namespace kvasir::app {

/// Where a profile keeps its KV: in its own folder, or in one that Kvasir has made where a person wants it.
struct KvPlace {
  std::filesystem::path folder;  ///< of the store
  bool is_chosen = false;

  /// What a person has chosen; empty: the profile's own folder.
  std::filesystem::path chosen() const { return is_chosen ? folder.parent_path() : std::filesystem::path(); }
};

/// In a chosen folder: what the process that uses it holds.
inline constexpr const char* kKvLockName = "lock";

enum class FormerKv { BringAlong, Delete };

/// As the profile's file `kv-place` says (docs/formats/data-folder.md); the profile's own folder where it
/// says nothing that can be read.
KvPlace kv_place(const DataFolder& folder);

/// Has the KV lie in a new folder within `chosen`, an absolute path; empty: in the profile's own. Holds when
/// `settle_kv_place` is called next, which brings along or deletes what is where it lay before. For who owns
/// the profile.
Outcome<void> choose_kv_place(const DataFolder& folder, const std::filesystem::path& chosen, FormerKv former);

struct SettledKvPlace {
  KvPlace place;
  std::string problem;  ///< why what was kept is still where it was; empty where all is well
};
/// Ends what choosing has begun. For who owns the profile, before the store is opened. Fails where the folder
/// is not there, as on a disk that is not connected: it is not made then.
Outcome<SettledKvPlace> settle_kv_place(const DataFolder& folder);

/// For a profile that is being deleted: what it keeps outside its own folder, as far as that is there.
void delete_chosen_kv(const DataFolder& folder);

}  // namespace kvasir::app
