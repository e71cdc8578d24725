#include "app/settings/context_settings.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace kvasir::app {
namespace {

constexpr std::string_view kNewChatsKey = "context/new_chats";

/// By the values of ContextPolicy.
constexpr std::array<std::string_view, 3> kPolicyNames = {"stop", "summarise", "drop_oldest"};

}  // namespace

std::string_view context_policy_name(storage::ContextPolicy policy) {
  return kPolicyNames[static_cast<size_t>(policy)];
}

storage::ContextPolicy context_policy_named(std::string_view name) {
  const auto found = std::ranges::find(kPolicyNames, name);
  return found == kPolicyNames.end() ? storage::ContextPolicy::Stop
                                     : static_cast<storage::ContextPolicy>(found - kPolicyNames.begin());
}

storage::Result<storage::ContextPolicy> read_policy_of_new_chats(storage::ConversationStore& store) {
  return store.setting(kNewChatsKey).map([](const auto& kept) {
    return context_policy_named(kept.value_or(std::string()));
  });
}

storage::Result<void> keep_policy_of_new_chats(storage::ConversationStore& store,
                                               storage::ContextPolicy policy) {
  return store.set_setting(kNewChatsKey, context_policy_name(policy));
}

}  // namespace kvasir::app
