#pragma once

#include "engine/chat/jinja/ast.h"

#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine::jinja {

struct Token {
  enum class Kind {
    Data,  ///< what stands outside of tags, white space already trimmed
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,  ///< `text` is its value
    Integer,
    Float,
    Operator,
    End,  ///< of the source
  };
  Kind kind;
  Position at;
  std::string text;
};

/// Jinja's newlines: all are \n, and one at the very end does not count.
std::string normalized_newlines(std::string_view source);

/// The template's tokens, `End` last, with `trim_blocks` and `lstrip_blocks` on as for all chat templates:
/// the newline after a block's tag goes, and so does the white space before it on its line. Throws
/// ParseFailure. `source` must have normalised newlines.
std::vector<Token> tokenize(std::string_view source);

/// Why a source is no template, and where.
struct ParseFailure {
  std::string message;
  Position at;
};

}  // namespace kvasir::engine::jinja
