#include "app/cli/command.h"
#include "app/cli/open_profile.h"
#include "app/services/kv_owner.h"
#include "app/services/kv_place.h"
#include "app/services/profile.h"
#include "app/settings/kv_settings.h"
#include "engine/kv/block_hash.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace kvasir::app {
namespace {

struct CacheOptions {
  ProfileChoice profile;
  std::string conversation;
  bool all = false;
  bool json = false;
  std::optional<double> quota_gb;
  std::optional<uint32_t> time_to_live_days;
  std::optional<bool> encrypt;
  std::string folder;
  bool with_profile = false;
  bool start_anew = false;
};

/// A conversation's part of the store.
struct CacheEntry {
  std::string title;
  storage::BlockOwnerUsage usage;

  uint64_t tokens() const { return usage.blocks * engine::kBlockTokens; }
};

std::unique_ptr<Profile> open_with_blocks(const CacheOptions& options) {
  auto profile = open_profile(options.profile);
  if (profile->blocks() == nullptr) throw CommandFailed{kExitFailed, profile->kv_problem()};
  value_or_fail(
      release_deleted_conversations(profile->conversations(), *profile->blocks()).map([] { return true; }),
      kExitFailed);
  return profile;
}

/// By the last use, the newest first.
std::vector<CacheEntry> list_entries(Profile& profile) {
  std::vector<CacheEntry> entries;
  for (storage::BlockOwnerUsage& usage : profile.blocks()->usage()) {
    const auto id = conversation_of(usage.owner);
    const auto conversation = profile.conversations().conversation(id.value_or(0));
    entries.push_back({conversation ? conversation->title : usage.owner, std::move(usage)});
  }
  std::ranges::stable_sort(entries, std::greater(), [](const CacheEntry& e) { return e.usage.last_used; });
  return entries;
}

int64_t unix_ms(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string local_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  char text[32] = "";
  if (localtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
  return text;
}

std::string megabytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

std::string seconds(uint64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1e3);
  return text;
}

nlohmann::json to_json(const CacheEntry& entry) {
  const storage::BlockOwnerUsage& usage = entry.usage;
  return {{"title", entry.title},
          {"conversation_id", conversation_of(usage.owner).value_or(0)},
          {"tokens", entry.tokens()},
          {"blocks", usage.blocks},
          {"bytes", usage.bytes},
          {"own_bytes", usage.own_bytes},
          {"last_used_ms", unix_ms(usage.last_used)},
          {"reused_tokens", usage.reused_tokens},
          {"saved_ms", usage.saved_ms},
          {"pinned", usage.pinned}};
}

void list(const CacheOptions& options) {
  const auto profile = open_with_blocks(options);
  const auto entries = list_entries(*profile);
  if (options.json) {
    nlohmann::json rows = nlohmann::json::array();
    for (const CacheEntry& entry : entries) rows.push_back(to_json(entry));
    std::cout << rows.dump(2) << "\n";
    return;
  }
  std::printf("%9s  %11s  %11s  %-16s  %9s  %9s  %-6s  %s\n", "tokens", "on disk", "only here", "last used",
              "reused", "saved", "pinned", "conversation");
  for (const CacheEntry& entry : entries) {
    const storage::BlockOwnerUsage& usage = entry.usage;
    std::printf("%9llu  %11s  %11s  %-16s  %9llu  %9s  %-6s  %s\n",
                static_cast<unsigned long long>(entry.tokens()), megabytes(usage.bytes).c_str(),
                megabytes(usage.own_bytes).c_str(), local_time(usage.last_used).c_str(),
                static_cast<unsigned long long>(usage.reused_tokens), seconds(usage.saved_ms).c_str(),
                usage.pinned ? "yes" : "", entry.title.c_str());
  }
}

void show_stats(const CacheOptions& options) {
  const auto profile = open_with_blocks(options);
  const auto stats = profile->blocks()->stats();
  if (options.json) {
    std::cout << nlohmann::json{{"blocks", stats.blocks},
                                {"tails", stats.tails},
                                {"packs", stats.packs},
                                {"bytes_on_disk", stats.bytes_on_disk},
                                {"live_bytes", stats.live_bytes},
                                {"quota_bytes", stats.quota_bytes},
                                {"bytes_written_today", stats.bytes_written_today},
                                {"reused_tokens", stats.reused_tokens},
                                {"saved_ms", stats.saved_ms},
                                {"index_rebuilt", stats.index_rebuilt}}
                     .dump(2)
              << "\n";
    return;
  }
  std::printf("%llu blocks of %u tokens and %llu tails in %llu packs\n",
              static_cast<unsigned long long>(stats.blocks), engine::kBlockTokens,
              static_cast<unsigned long long>(stats.tails), static_cast<unsigned long long>(stats.packs));
  std::printf("%s on the disk, %s of them in use; at most %s\n", megabytes(stats.bytes_on_disk).c_str(),
              megabytes(stats.live_bytes).c_str(), megabytes(stats.quota_bytes).c_str());
  std::printf("%s written today; %llu tokens read instead of computed, which saved about %s\n",
              megabytes(stats.bytes_written_today).c_str(),
              static_cast<unsigned long long>(stats.reused_tokens), seconds(stats.saved_ms).c_str());
}

storage::BlockOwner find_owner(Profile& profile, const std::string& title) {
  const auto id = value_or_fail(profile.conversations().find_conversation(title), kExitFailed);
  if (!id) throw CommandFailed{kExitBadInput, "There is no conversation with the title \"" + title + "\"."};
  return conversation_owner(*id);
}

void remove(const CacheOptions& options) {
  if (options.all != options.conversation.empty())
    throw CommandFailed{kExitBadInput, "Name one conversation, or say --all."};
  const auto profile = open_with_blocks(options);
  storage::DiskBlockStore& blocks = *profile->blocks();
  if (options.all)
    blocks.clear();
  else
    blocks.release(find_owner(*profile, options.conversation));
  blocks.flush();
  blocks.tidy();
}

void pin(const CacheOptions& options, bool pinned) {
  const auto profile = open_with_blocks(options);
  profile->blocks()->pin(find_owner(*profile, options.conversation), pinned);
  profile->blocks()->flush();
}

/// Sets what was given, and shows what holds.
void limits(const CacheOptions& options) {
  const auto profile = open_with_blocks(options);
  const KvSettings before = value_or_fail(read_kv_settings(profile->conversations()), kExitFailed);
  KvSettings settings = before;
  if (options.quota_gb) settings.quota_bytes = static_cast<uint64_t>(*options.quota_gb * 1e9);
  if (options.time_to_live_days) settings.time_to_live_days = *options.time_to_live_days;
  if (options.encrypt) settings.encrypt = *options.encrypt;
  if (settings != before) {
    value_or_fail(keep_kv_settings(profile->conversations(), settings).map([] { return true; }), kExitFailed);
    profile->blocks()->set_limits(settings.limits());
    profile->blocks()->tidy();
  }
  const uint64_t quota_bytes = profile->blocks()->stats().quota_bytes;
  if (options.json) {
    std::cout << nlohmann::json{{"quota_bytes", quota_bytes},
                                {"quota_is_chosen", settings.quota_bytes != 0},
                                {"time_to_live_days", settings.time_to_live_days},
                                {"encrypt", settings.encrypt}}
                     .dump(2)
              << "\n";
    return;
  }
  std::printf("at most %s%s\n", megabytes(quota_bytes).c_str(),
              settings.quota_bytes == 0 ? " (chosen for this disk)" : "");
  if (settings.time_to_live_days == 0)
    std::printf("kept however long nobody uses it\n");
  else
    std::printf("deleted when nobody has used it for %u days\n", settings.time_to_live_days);
  std::printf("%s\n", settings.encrypt ? "encrypted" : "not encrypted");
}

/// Has it lie where it was asked for, which is done when the profile is opened next, and shows where it lies.
void place(const CacheOptions& options) {
  const DataFolder folder = profile_folder(options.profile);
  std::unique_ptr<Profile> profile = open_profile(options.profile);
  if (!options.folder.empty() || options.with_profile) {
    std::error_code error;
    const auto chosen =
        options.with_profile ? std::filesystem::path() : std::filesystem::absolute(options.folder, error);
    const auto former = options.start_anew ? FormerKv::Delete : FormerKv::BringAlong;
    if (auto kept = choose_kv_place(folder, chosen, former); !kept)
      throw CommandFailed{kExitBadInput, kept.error()};
    profile.reset();
    profile = open_profile(options.profile);
  }
  if (!profile->kv_problem().empty()) throw CommandFailed{kExitFailed, profile->kv_problem()};
  const KvPlace now = kv_place(folder);
  if (options.json)
    std::cout << nlohmann::json{{"folder", now.folder.string()}, {"is_chosen", now.is_chosen}}.dump(2)
              << "\n";
  else
    std::printf("%s%s\n", now.folder.c_str(), now.is_chosen ? "" : " (with the profile)");
}

}  // namespace

void add_cache_command(CLI::App& parent) {
  auto options = std::make_shared<CacheOptions>();
  auto* command = parent.add_subcommand("cache", "What is kept of chats on the disk to open them faster");
  command->require_subcommand(1);
  auto* data_dir = command->add_option("--data-dir", options->profile.data_dir,
                                       "Folder of profiles; ~/.local/share/kvasir if not given");
  command->add_option("--profile", options->profile.name, "The one that was used last if not given");
  const auto add = [&](const char* name, const char* help, auto run) {
    auto* sub = command->add_subcommand(name, help);
    sub->fallthrough();
    sub->callback([options, data_dir, run] {
      if (data_dir->count() > 0 && options->profile.data_dir.empty())
        throw CommandFailed{kExitBadInput, "--data-dir is empty. Name a folder, or leave the option away."};
      run(*options);
    });
    return sub;
  };
  const auto add_title = [&](CLI::App* sub) {
    return sub->add_option("conversation", options->conversation, "Its title");
  };
  const char* const json_help = "Print JSON";
  add("list", "Each conversation's part", list)->add_flag("--json", options->json, json_help);
  add("stats", "The whole", show_stats)->add_flag("--json", options->json, json_help);
  auto* removal = add("delete", "Delete a conversation's part; the conversation itself stays", remove);
  add_title(removal);
  removal->add_flag("--all", options->all, "Delete everything");
  auto* bounds = add("limits", "Show or change what bounds it", limits);
  bounds->add_option("--quota-gb", options->quota_gb, "0: chosen for this disk")->check(CLI::Range(0.0, 1e6));
  bounds
      ->add_option("--time-to-live-days", options->time_to_live_days,
                   "What nobody used for so long is deleted; 0: never")
      ->check(CLI::Range(0u, kMostDaysToLive));
  bounds->add_option("--encrypt", options->encrypt, "yes or no; from the next start on")
      ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{{"yes", true}, {"no", false}}));
  bounds->add_flag("--json", options->json, json_help);
  auto* where = add("place", "Show or change where it lies, as on a faster disk", place);
  auto* chosen =
      where->add_option("folder", options->folder, "A folder is made in it; what is kept is moved there");
  where->add_flag("--with-profile", options->with_profile, "Back into the profile's own folder")
      ->excludes(chosen);
  where->add_flag("--start-anew", options->start_anew, "Delete what is kept now instead of moving it");
  where->add_flag("--json", options->json, json_help);
  add_title(add("pin", "Keep a conversation's part whatever happens", [](const CacheOptions& o) {
    pin(o, true);
  }))->required();
  add_title(add("unpin", "Let it be deleted again when space is needed or nobody uses it",
                [](const CacheOptions& o) { pin(o, false); }))
      ->required();
}

}  // namespace kvasir::app
