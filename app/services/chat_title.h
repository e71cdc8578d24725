#pragma once

#include <string>
#include <string_view>

namespace kvasir::app {

/// A title for a chat from its first message: the first line's beginning, cut between words.
std::string title_from_text(std::string_view text);

/// "… (fork)".
std::string title_of_fork(std::string_view title);

}  // namespace kvasir::app
