#pragma once

#include <cstddef>
#include <string_view>

namespace kvasir::engine {

/// What stands at the front of some bytes, by Unicode's table of well-formed sequences (3-7): no overlong
/// forms, no surrogates, nothing above U+10FFFF.
struct Utf8Head {
  enum class Kind {
    Whole,      ///< one character of `length` bytes
    Cut,        ///< all `length` bytes there are, the beginning of a character
    Malformed,  ///< `length` bytes that no character begins with (the longest such start, at least one)
  };
  Kind kind;
  size_t length;
};

/// `bytes` must not be empty.
Utf8Head utf8_head(std::string_view bytes);

}  // namespace kvasir::engine
