#pragma once

#include <filesystem>
#include <string>

namespace kvasir::app {

/// Where a user's data lies, and which profile of it is meant. Everything below `root`; see
/// docs/formats/data-folder.md.
struct DataFolder {
  std::filesystem::path root;
  std::string profile_id = "default";  ///< the name of the profile's folder

  std::filesystem::path profiles() const { return root / "profiles"; }
  std::filesystem::path profile() const { return profiles() / profile_id; }
  std::filesystem::path database() const { return profile() / "kvasir.db"; }
  /// Where the KV lies, unless another place was chosen: see `kv_place`.
  std::filesystem::path kv() const { return profile() / "kv"; }
  std::filesystem::path kv_place() const { return profile() / "kv-place"; }
  std::filesystem::path lock() const { return profile() / "lock"; }
  std::filesystem::path secret() const { return profile() / "secret"; }
  std::filesystem::path logs() const { return root / "logs"; }

  /// `$XDG_DATA_HOME/kvasir`, or `~/.local/share/kvasir`.
  static DataFolder standard();
};

/// The starter model that is installed beside this executable (`<bin>/../share/kvasir/models/`).
std::filesystem::path starter_model_path();

}  // namespace kvasir::app
