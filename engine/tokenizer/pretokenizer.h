#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace kvasir::engine {

/// A published way of cutting text into words before byte-level BPE: expressions that are applied one after
/// the other. Each cuts every piece that the one before it left; a match and the text between matches are
/// pieces of their own.
struct PretokenizerSpec {
  std::string_view name;  ///< as in `tokenizer.ggml.pre`
  std::span<const std::string_view> expressions;
};

/// All that are known, each under its own name.
std::span<const PretokenizerSpec> pretokenizer_specs();

/// By name or by another name that files use for the same expressions. Null where it is unknown.
const PretokenizerSpec* find_pretokenizer(std::string_view name);

/// The compiled expressions of one spec. Immutable: safe to use from several threads.
class Pretokenizer {
 public:
  explicit Pretokenizer(const PretokenizerSpec& spec);
  Pretokenizer(Pretokenizer&&) noexcept;
  Pretokenizer& operator=(Pretokenizer&&) noexcept;
  ~Pretokenizer();

  /// Views into `text` that together are all of it, in order, none empty. Bytes that are not UTF-8 become
  /// pieces of their own. Takes time proportional to the text, whatever it says.
  std::vector<std::string_view> split(std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace kvasir::engine
