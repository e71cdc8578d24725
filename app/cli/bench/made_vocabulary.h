#pragma once

#include "app/cli/bench/model_shape.h"
#include "engine/gguf/gguf_header.h"

namespace kvasir::app {

/// Writes a tokenizer and a chat template of the family's kind: byte-level BPE whose tokens are the 256
/// bytes, then the shortest strings of the letters a to z with or without a space in front, and at the end
/// the special tokens. `vocab_size` is at least 512 and at most about 490,000.
void add_made_vocabulary(Family family, uint32_t vocab_size, engine::GgufHeader& header);

}  // namespace kvasir::app
