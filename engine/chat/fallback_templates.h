#pragma once

#include "engine/chat/chat_template.h"

#include <string_view>

namespace kvasir::engine {

/// How a family of models writes conversations, for files without a template that can be used.
struct FallbackTemplate {
  ChatTemplate::Form form;
  std::string_view name;    ///< for a person
  std::string_view source;  ///< in Jinja
};

/// The family that the vocabulary shows by its special tokens (or its pre-tokenizer); null where none does.
const FallbackTemplate* find_fallback_template(const GgufFile& file, const Tokenizer& tokenizer);

}  // namespace kvasir::engine
