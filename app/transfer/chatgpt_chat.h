#pragma once

#include "app/services/outcome.h"
#include "storage/conversations/chat_record.h"

#include <nlohmann/json_fwd.hpp>

namespace kvasir::app {

/// One element of ChatGPT's `conversations.json`: a tree of nodes, `mapping`, of which some hold no message,
/// and some messages are not a person's or the model's, hidden, or for a tool. Those are left out, and what
/// follows them follows what is before them. What the model thought joins the answer behind it. The failure
/// says why it is no chat.
Outcome<storage::ChatRecord> chat_from_chatgpt(const nlohmann::json& conversation);

}  // namespace kvasir::app
