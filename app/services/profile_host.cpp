#include "app/services/profile_host.h"

#include <utility>

namespace kvasir::app {

ProfileHost::ProfileHost(DataFolder data, Keychain* keychain)
    : book_(std::move(data), keychain), keychain_(keychain) {}

Outcome<void> ProfileHost::open(const std::string& id) {
  profile_.reset();
  profile_id_.clear();
  auto opened = Profile::open(book_.folder(id), keychain_);
  if (!opened) return tl::unexpected(opened.error());
  profile_ = std::move(*opened);
  profile_id_ = id;
  book_.remember_used(id);
  return {};
}

}  // namespace kvasir::app
