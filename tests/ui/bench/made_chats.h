#pragma once

#include "app/services/data_folder.h"

#include <string>

namespace kvasir::bench {

constexpr int kChats = 2000;
constexpr int kLongChatMessages = 10'000;
constexpr const char *kStoryTitle = "A long story";
constexpr const char *kLongAnswerTitle = "A long answer";

/// Fills a new data folder's database: 2,000 chats, most of them of four messages, one with a long answer,
/// the newest of 10,000 messages, with headings, lists, tables, quotes, code and formulas as answers have
/// them. The same every time. Returns what went wrong; empty: nothing.
std::string make_chats(const app::DataFolder &folder);

/// A text of about as many tokens, as a person would paste it.
std::string long_prompt(int tokens);

} // namespace kvasir::bench
