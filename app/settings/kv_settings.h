#pragma once

#include "storage/conversations/conversation_store.h"
#include "storage/kv/disk_block_store.h"

#include <cstdint>

namespace kvasir::app {

/// How a profile's KV is kept on the disk.
struct KvSettings {
  uint64_t quota_bytes = 0;         ///< 0: what the store chooses for this disk
  uint32_t time_to_live_days = 30;  ///< what nobody used for so long is deleted; 0: never
  /// On from the start: it costs less than reading does, and makes what is left on a disk after a profile was
  /// deleted worthless. Holds from the next time that the profile is opened.
  bool encrypt = true;

  bool operator==(const KvSettings&) const = default;
  storage::DiskBlockStoreLimits limits() const;
};

/// The longest that can be chosen, in days.
inline constexpr uint32_t kMostDaysToLive = 3650;

/// What a profile keeps; the default where it keeps nothing that can be read. For the storage thread.
storage::Result<KvSettings> read_kv_settings(storage::ConversationStore& store);
storage::Result<void> keep_kv_settings(storage::ConversationStore& store, const KvSettings& settings);

}  // namespace kvasir::app
