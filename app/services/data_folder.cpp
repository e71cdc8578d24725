#include "app/services/data_folder.h"

#include <cstdlib>
#include <string_view>
#include <system_error>

namespace kvasir::app {

namespace fs = std::filesystem;

DataFolder DataFolder::standard() {
  // The XDG base directory specification: a relative path in the variable is to be ignored.
  if (const char* data_home = std::getenv("XDG_DATA_HOME");
      data_home != nullptr && fs::path(data_home).is_absolute())
    return {fs::path(data_home) / "kvasir"};
  const char* home = std::getenv("HOME");
  return {fs::path(home != nullptr ? home : "/") / ".local" / "share" / "kvasir"};
}

fs::path starter_model_path() {
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  return (executable.parent_path().parent_path() / "share/kvasir/models/kvasir-starter-0.1.gguf")
      .lexically_normal();
}

}  // namespace kvasir::app
