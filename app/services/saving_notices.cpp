#include "app/services/saving_notices.h"

namespace kvasir::app {

using storage::Saving;

std::optional<SavingNotices::Notice> SavingNotices::look(const storage::DiskBlockStore& blocks) {
  const Saving now = blocks.stats().saving;
  if (now == last_) return std::nullopt;
  const auto health = blocks.health();
  if (now != Saving::On && now != Saving::DailyBudget && health) return std::nullopt;  // it has just gone on
  last_ = now;
  if (now == Saving::On) return Notice{true, "Kvasir keeps what it computes for chats on the disk again."};
  if (now == Saving::DailyBudget)
    return Notice{
        false,
        "Kvasir has written as much for its chats today as it may in one day. They go on; what comes "
        "now will take longer to open. Saving goes on tomorrow."};
  return Notice{false, health.error().message};
}

}  // namespace kvasir::app
