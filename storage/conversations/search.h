#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kvasir::storage {

/// A piece of a text, on one line, around what was searched for.
struct FoundText {
  struct Range {
    size_t begin;  ///< bytes of `text`: [begin, end)
    size_t end;
    bool operator==(const Range&) const = default;
  };
  std::string text;
  std::vector<Range> marks;  ///< what was found in it; ascending, apart from each other
};

struct FoundMessage {
  int64_t id = 0;
  bool is_answer = false;  ///< otherwise a person wrote it
  FoundText text;
};

/// A conversation whose title or messages have what was searched for.
struct FoundConversation {
  int64_t id = 0;
  FoundText title;
  std::vector<FoundMessage> messages;  ///< the newest few
  size_t further_messages = 0;         ///< that have it too
  int64_t updated_at_ms = 0;
};

}  // namespace kvasir::storage
