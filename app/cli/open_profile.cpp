#include "app/cli/open_profile.h"

#include "app/cli/command.h"
#include "app/services/profile_book.h"

#ifdef KVASIR_KEYCHAIN
#include "app/services/desktop_keychain.h"

#include <QCoreApplication>
#endif

#include <utility>

namespace kvasir::app {
namespace {

Outcome<std::unique_ptr<Profile>> open_standard(const DataFolder& folder) {
#ifdef KVASIR_KEYCHAIN
  // The keychain answers in an event loop, which lives no longer than this.
  int count = 1;
  char name[] = "kvasir-cli";
  char* arguments[] = {name, nullptr};
  const QCoreApplication application(count, arguments);
  const auto keychain = DesktopKeychain::find();
  return Profile::open(folder, keychain.get());
#else
  return Profile::open(folder);
#endif
}

}  // namespace

DataFolder profile_folder(const ProfileChoice& choice) {
  const DataFolder data = choice.data_dir.empty() ? DataFolder::standard() : DataFolder{choice.data_dir};
  const ProfileBook book(data);
  if (choice.name.empty()) return book.folder(book.last_used().id);
  const auto found = book.find(choice.name);
  if (!found)
    throw CommandFailed{kExitBadInput, "There is no profile named “" + choice.name + "” in " +
                                           data.profiles().string() + "."};
  return book.folder(found->id);
}

std::unique_ptr<Profile> open_profile(const ProfileChoice& choice) {
  const DataFolder folder = profile_folder(choice);
  auto profile = choice.data_dir.empty() ? open_standard(folder) : Profile::open(folder);
  if (!profile) throw CommandFailed{kExitBadInput, profile.error()};
  return std::move(*profile);
}

}  // namespace kvasir::app
