#pragma once

#include "engine/chat/jinja/ast.h"
#include "engine/chat/jinja/lexer.h"

#include <string_view>

namespace kvasir::engine::jinja {

/// A template's statements. `source` must have normalised newlines. Throws ParseFailure.
Body parse_template(std::string_view source);

}  // namespace kvasir::engine::jinja
