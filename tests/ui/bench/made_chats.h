#pragma once

#include "app/services/data_folder.h"

#include <string>

namespace kvasir::bench {

constexpr int kChats = 2000;
constexpr int kLongChatMessages = 10'000;

/// Fills a new data folder's database: 2,000 chats of four messages, and as the newest one of 10,000, with
/// headings, lists, tables, quotes, code and formulas as answers have them. The same every time. Returns what
/// went wrong; empty: nothing.
std::string make_chats(const app::DataFolder &folder);

/// A text of about as many tokens, as a person would paste it.
std::string long_prompt(int tokens);

} // namespace kvasir::bench
