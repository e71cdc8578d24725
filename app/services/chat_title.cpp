#include "app/services/chat_title.h"

namespace kvasir::app {
namespace {

constexpr size_t kTitleBytes = 60;
constexpr std::string_view kForkSuffix = " (fork)";
constexpr std::string_view kSpace = " \t\r\n";

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace

std::string title_from_text(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return "New chat";
  text = text.substr(first);
  text = text.substr(0, text.find_first_of("\r\n"));
  text = text.substr(0, text.find_last_not_of(kSpace) + 1);
  if (text.size() <= kTitleBytes) return std::string(text);

  size_t end = kTitleBytes;
  while (end > 0 && continues_character(text[end])) --end;
  if (const size_t space = text.find_last_of(kSpace, end); space != std::string_view::npos && space > end / 2)
    end = space;
  return std::string(text.substr(0, end)) + "…";
}

std::string title_of_fork(std::string_view title) {
  if (title.ends_with(kForkSuffix)) return std::string(title);
  return std::string(title) + std::string(kForkSuffix);
}

}  // namespace kvasir::app
