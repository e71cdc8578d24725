#pragma once

#include "engine/base/result.h"
#include "engine/gguf/gguf_file.h"
#include "engine/kv/block_hash.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::engine {

using TokenId = int32_t;

/// Byte-level BPE as GGUF files describe it (`tokenizer.ggml.model` = "gpt2").
///
/// Immutable after loading: safe to use from several threads.
class Tokenizer {
 public:
  /// A stretch of text. Special tokens are recognised only where `parse_special` holds, so that what a
  /// person types can't act as a turn marker. Ordinary text merges across the border of two pieces.
  struct Piece {
    std::string_view text;
    bool parse_special;
  };

  static Result<Tokenizer> from_gguf(const GgufFile& file);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Ids of the text alone: no begin-of-sentence token is added.
  std::vector<TokenId> encode(std::span<const Piece> pieces) const;
  std::vector<TokenId> encode(std::string_view text, bool parse_special = true) const;

  /// The bytes of a token; control tokens give nothing unless `with_special`. May be a part of a UTF-8
  /// character. Ids outside the vocabulary give nothing.
  std::string_view bytes_of(TokenId id, bool with_special = false) const;
  std::string decode(std::span<const TokenId> ids, bool with_special = false) const;

  size_t vocab_size() const;
  std::optional<TokenId> bos() const;
  std::optional<TokenId> eos() const;
  /// Any token that ends an answer: end of sentence, end of turn.
  bool ends_generation(TokenId id) const;
  std::optional<TokenId> find(std::string_view special_token_text) const;

  /// A hash of everything that decides how text becomes ids (tokens, types, merges, pre-tokenizer).
  /// Stored ids are only meaningful under the vocabulary that made them.
  const Hash256& vocabulary_hash() const;

 private:
  struct Data;
  explicit Tokenizer(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data_;
};

/// Turns a stream of token bytes into valid UTF-8, holding back an incomplete character until it is whole.
/// Bytes that can never become valid are replaced by U+FFFD.
class Utf8Stream {
 public:
  /// The text that is complete after these bytes.
  std::string push(std::string_view bytes);
  /// What is left at the end of an answer.
  std::string finish();

 private:
  std::string pending_;
};

}  // namespace kvasir::engine
