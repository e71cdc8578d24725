#pragma once

#include "engine/base/result.h"
#include "engine/gguf/gguf_file.h"
#include "engine/kv/block_hash.h"
#include "engine/tokenizer/bpe.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine {

/// As numbered in `tokenizer.ggml.token_type`.
enum class TokenType : uint8_t {
  Undefined = 0,
  Normal = 1,
  Unknown = 2,
  Control = 3,
  UserDefined = 4,
  Unused = 5,
  Byte = 6,
};

/// The tokens of a GGUF file with all that is needed to go from ids to bytes and back. Owns its memory.
struct Vocabulary {
  std::string bytes;              ///< all tokens' bytes, one after the other
  std::vector<size_t> begins;     ///< {tokens + 1} into `bytes`
  std::vector<TokenType> types;   ///< {tokens}
  std::vector<bool> ends_answer;  ///< {tokens}
  std::vector<int32_t> specials;  ///< control and user-defined tokens, sorted by their bytes, unique
  Bpe bpe;
  std::optional<int32_t> bos, eos;
  Hash256 hash;  ///< over tokens, types, merges and the pre-tokenizer's name

  size_t size() const { return types.size(); }
  bool contains(int32_t id) const { return id >= 0 && static_cast<size_t>(id) < types.size(); }
  std::string_view bytes_of(int32_t id) const {
    const auto i = static_cast<size_t>(id);
    return std::string_view(bytes).substr(begins[i], begins[i + 1] - begins[i]);
  }
};

/// Errors: BadFile where a list is missing or contradicts another; the message names the file.
Result<Vocabulary> read_vocabulary(const GgufFile& file, std::string_view pretokenizer_name);

}  // namespace kvasir::engine
