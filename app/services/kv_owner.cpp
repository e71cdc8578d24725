#include "app/services/kv_owner.h"

#include <charconv>

namespace kvasir::app {
namespace {

constexpr std::string_view kPrefix = "conversation:";

}  // namespace

std::string conversation_owner(int64_t conversation_id) {
  return std::string(kPrefix) + std::to_string(conversation_id);
}

std::optional<int64_t> conversation_of(std::string_view owner) {
  if (!owner.starts_with(kPrefix)) return std::nullopt;
  const std::string_view digits = owner.substr(kPrefix.size());
  int64_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return id;
}

storage::Result<void> release_deleted_conversations(storage::ConversationStore& conversations,
                                                    storage::DiskBlockStore& blocks) {
  for (const storage::BlockOwnerUsage& usage : blocks.usage()) {
    const auto conversation = conversation_of(usage.owner);
    if (!conversation) continue;
    const auto exists = conversations.exists(*conversation);
    if (!exists) return tl::unexpected(exists.error());
    if (!*exists) blocks.release(usage.owner);
  }
  return {};
}

}  // namespace kvasir::app
