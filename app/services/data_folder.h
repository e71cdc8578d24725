#pragma once

#include <filesystem>

namespace kvasir::app {

/// Where a user's data lies. Everything below `root`; see docs/formats/data-folder.md.
struct DataFolder {
  std::filesystem::path root;

  std::filesystem::path profile() const { return root / "profiles" / "default"; }
  std::filesystem::path database() const { return profile() / "kvasir.db"; }
  std::filesystem::path kv() const { return profile() / "kv"; }
  std::filesystem::path lock() const { return profile() / "lock"; }
  std::filesystem::path logs() const { return root / "logs"; }

  /// `$XDG_DATA_HOME/kvasir`, or `~/.local/share/kvasir`.
  static DataFolder standard();
};

/// The starter model that is installed beside this executable (`<bin>/../share/kvasir/models/`).
std::filesystem::path starter_model_path();

}  // namespace kvasir::app
