#pragma once

#include "app/services/profile.h"
#include "app/services/profile_book.h"
#include "app/services/worker.h"

#include <memory>
#include <string>

namespace kvasir::app {

/// The open profile and the thread that opens and closes it, so that no other has to wait for the disk.
///
/// `open` and everything that is given to `post` run on that thread, one after the other: work on a profile
/// that was posted while it was open is done before it is closed. Who posts reads `profile()` on the thread
/// that asks for opening and closing.
class ProfileHost {
 public:
  /// `keychain` may be null and must outlive the host.
  explicit ProfileHost(DataFolder data, Keychain* keychain = nullptr);

  ProfileBook& book() { return book_; }

  /// Null where none could be opened. Changes only while `open` runs.
  Profile* profile() const { return profile_.get(); }
  const std::string& profile_id() const { return profile_id_; }
  /// Where its files are.
  DataFolder folder() const { return book_.folder(profile_id_); }

  template <class Job>
  auto post(Job job) {
    return worker_.post(std::move(job));
  }

  /// For jobs. Closes the present profile first, which nobody may use any more.
  Outcome<void> open(const std::string& id);

 private:
  ProfileBook book_;
  Keychain* keychain_;
  std::unique_ptr<Profile> profile_;
  std::string profile_id_;
  Worker worker_{"profiles"};  // last: joined before what its jobs use goes
};

}  // namespace kvasir::app
