#pragma once

#include "app/services/outcome.h"
#include "storage/conversations/chat_record.h"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace kvasir::app {

// Kvasir's own form of a chat, which loses nothing. docs/formats/export.md says what the fields mean.

inline constexpr const char* kChatsFormat = "kvasir-chats";
inline constexpr int kChatsVersion = 1;

/// One element of the list `chats`, as JSON in one line.
std::string chat_to_json(const storage::ChatRecord& chat);
/// The failure says why it is no chat.
Outcome<storage::ChatRecord> chat_from_json(const nlohmann::json& chat);

}  // namespace kvasir::app
