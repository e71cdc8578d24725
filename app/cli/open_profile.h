#pragma once

#include "app/services/profile.h"

#include <memory>
#include <string>

namespace kvasir::app {

/// Which profile a command works on.
struct ProfileChoice {
  std::string data_dir;  ///< empty: the standard folder
  std::string name;      ///< or its id; empty: the one that was used last
};

/// Opens it, and makes it where it is the first. CommandFailed where there is none of that name, or where it
/// can't be opened. The secret of a profile in the standard folder may lie in the desktop's keychain.
std::unique_ptr<Profile> open_profile(const ProfileChoice& choice);

/// Where the files of the choice are. CommandFailed where there is no profile of that name.
DataFolder profile_folder(const ProfileChoice& choice);

}  // namespace kvasir::app
