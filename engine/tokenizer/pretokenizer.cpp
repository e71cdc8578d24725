#include "engine/tokenizer/pretokenizer.h"

#include "engine/tokenizer/utf8.h"

#include <cassert>
#include <new>
#include <string>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace kvasir::engine {
namespace {

// The expressions are kept to the letter as they are published, so that they can be compared; what PCRE2
// needs otherwise is in `as_pcre2`.

// The formatter would break these lines differently each time.
// clang-format off
constexpr std::string_view kDeepSeekLlm[] = {
    "[\r\n]",
    "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-"
    "ἕἘ-"
    "Ἕἠ-ὅὈ-Ὅὐ"
    "-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-"
    "ꮿﬀ-"
    "ﬆ"
    "ﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+",
    "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+",
    "\\s+$",
    "[一-龥ࠀ-一가-\uD7FF]+",
    "\\p{N}+",
};
// clang-format on

constexpr std::string_view kDeepSeekCoder[] = {
    "[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-\uD7FF]+", "\\p{N}",
};

constexpr std::string_view kDeepSeekV3[] = {
    "\\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
    "[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
    " ?[\\p{P}\\p{S}]+[\r\n]*|"
    "\\s*[\r\n]+|"
    "\\s+(?!\\S)|"
    "\\s+",
};

constexpr std::string_view kGlm4[] = {
    R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|)"
    R"([^\r\n\p{L}\p{N}]?\p{L}+|)"
    R"(\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|)"
    R"(\s+(?!\S)|)"
    R"(\s+)",
};

constexpr std::string_view kQwen2[] = {
    R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|)"
    R"([^\r\n\p{L}\p{N}]?\p{L}+|)"
    R"(\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|)"
    R"(\s+(?!\S)|)"
    R"(\s+)",
};

constexpr std::string_view kGpt4o[] = {
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n/]*|)"
    R"(\s*[\r\n]+|)"
    R"(\s+(?!\S)|)"
    R"(\s+)",
};

constexpr std::string_view kKimiK2[] = {
    R"(\p{Han}+|)"
    R"([^\r\n\p{L}\p{N}]?(?:(?!\p{Han})[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])*)"
    R"((?:(?!\p{Han})[\p{Ll}\p{Lm}\p{Lo}\p{M}])+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?(?:(?!\p{Han})[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])+)"
    R"((?:(?!\p{Han})[\p{Ll}\p{Lm}\p{Lo}\p{M}])*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|)"
    R"(\s+(?!\S)|)"
    R"(\s+)",
};

constexpr PretokenizerSpec kSpecs[] = {
    {"deepseek-llm", kDeepSeekLlm},
    {"deepseek-coder", kDeepSeekCoder},
    {"deepseek-v3", kDeepSeekV3},
    {"glm4", kGlm4},
    {"qwen2", kQwen2},
    {"gpt-4o", kGpt4o},
    {"kimi-k2", kKimiK2},
};

struct Alias {
  std::string_view name, spec;
};
constexpr Alias kAliases[] = {{"chatglm-bpe", "glm4"}, {"deepseek-r1-qwen", "qwen2"}};

/// Steps that one search may take. Ordinary text stays far below: a search that goes beyond leaves the rest
/// of its piece uncut.
constexpr uint32_t kMatchLimit = 10'000'000;
constexpr uint32_t kHeapLimitKib = 64 * 1024;
constexpr size_t kJitStackStartBytes = 32 * 1024;
constexpr size_t kJitStackMaxBytes = 8 * 1024 * 1024;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// The expression as PCRE2 understands it in the published sense.
std::string as_pcre2(std::string_view published) {
  // The same matches, but a long run of spaces inside a text is not tried from each of its spaces.
  if (published == R"(\s+$)") return R"((?<!\s)\s++$)";
  std::string pattern(published);
  // A bare script name means "used in that script" to PCRE2, which takes in common punctuation.
  replace_all(pattern, R"(\p{Han})", R"(\p{sc:Han})");
  return pattern;
}

struct FreePcre {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  void operator()(pcre2_jit_stack* p) const { pcre2_jit_stack_free(p); }
};
template <class T>
using PcrePtr = std::unique_ptr<T, FreePcre>;

/// What a search writes to: one per call of `split`, so that threads share nothing but the compiled code.
class Searcher {
 public:
  Searcher()
      : data_(pcre2_match_data_create(1, nullptr)),
        context_(pcre2_match_context_create(nullptr)),
        jit_stack_(pcre2_jit_stack_create(kJitStackStartBytes, kJitStackMaxBytes, nullptr)) {
    if (data_ == nullptr || context_ == nullptr) throw std::bad_alloc();
    pcre2_set_match_limit(context_.get(), kMatchLimit);
    pcre2_set_heap_limit(context_.get(), kHeapLimitKib);
    if (jit_stack_ != nullptr) pcre2_jit_stack_assign(context_.get(), nullptr, jit_stack_.get());
  }

  /// Finds the next match in `text`, which is valid UTF-8, at or after `from`.
  bool find(const pcre2_code* code, std::string_view text, size_t from, size_t& begin, size_t& end) {
    int found = search(code, text, from, PCRE2_NO_UTF_CHECK);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
      found = search(code, text, from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT);
    if (found < 0) return false;
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data_.get());
    begin = bounds[0];
    end = bounds[1];
    return true;
  }

 private:
  int search(const pcre2_code* code, std::string_view text, size_t from, uint32_t options) {
    return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options,
                       data_.get(), context_.get());
  }

  PcrePtr<pcre2_match_data> data_;
  PcrePtr<pcre2_match_context> context_;
  PcrePtr<pcre2_jit_stack> jit_stack_;
};

struct Piece {
  std::string_view text;
  bool valid;
};

/// Cuts between what is UTF-8 and what is not.
std::vector<Piece> split_by_validity(std::string_view text) {
  std::vector<Piece> pieces;
  size_t begin = 0;
  bool valid = true;
  for (size_t at = 0; at < text.size();) {
    const Utf8Head head = utf8_head(text.substr(at));
    const bool whole = head.kind == Utf8Head::Kind::Whole;
    if (whole != valid) {
      if (at > begin) pieces.push_back({text.substr(begin, at - begin), valid});
      begin = at;
      valid = whole;
    }
    at += head.length;
  }
  if (text.size() > begin) pieces.push_back({text.substr(begin), valid});
  return pieces;
}

void split_piece(Searcher& searcher, const pcre2_code* code, std::string_view text, std::vector<Piece>& out) {
  size_t done = 0;
  size_t begin = 0, end = 0;
  while (done < text.size() && searcher.find(code, text, done, begin, end)) {
    if (begin > done) out.push_back({text.substr(done, begin - done), true});
    assert(end > begin);  // no expression matches nothing
    out.push_back({text.substr(begin, end - begin), true});
    done = end;
  }
  if (done < text.size()) out.push_back({text.substr(done), true});
}

}  // namespace

std::span<const PretokenizerSpec> pretokenizer_specs() {
  return kSpecs;
}

const PretokenizerSpec* find_pretokenizer(std::string_view name) {
  for (const Alias& alias : kAliases)
    if (alias.name == name) name = alias.spec;
  for (const PretokenizerSpec& spec : kSpecs)
    if (spec.name == name) return &spec;
  return nullptr;
}

struct Pretokenizer::Compiled {
  std::vector<PcrePtr<pcre2_code>> expressions;
};

Pretokenizer::Pretokenizer(const PretokenizerSpec& spec) : compiled_(std::make_unique<Compiled>()) {
  for (std::string_view published : spec.expressions) {
    const std::string pattern = as_pcre2(published);
    int error = 0;
    PCRE2_SIZE where = 0;
    PcrePtr<pcre2_code> code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                           PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY, &error, &where,
                                           nullptr));
    // The patterns are constants: only a lack of memory is left.
    if (code == nullptr) throw std::bad_alloc();
    pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // where it can't, matching is only slower
    compiled_->expressions.push_back(std::move(code));
  }
}

Pretokenizer::Pretokenizer(Pretokenizer&&) noexcept = default;
Pretokenizer& Pretokenizer::operator=(Pretokenizer&&) noexcept = default;
Pretokenizer::~Pretokenizer() = default;

std::vector<std::string_view> Pretokenizer::split(std::string_view text) const {
  Searcher searcher;
  std::vector<Piece> pieces = split_by_validity(text);
  std::vector<Piece> cut;
  for (const auto& code : compiled_->expressions) {
    cut.clear();
    for (const Piece& piece : pieces) {
      if (piece.valid)
        split_piece(searcher, code.get(), piece.text, cut);
      else
        cut.push_back(piece);
    }
    pieces.swap(cut);
  }
  std::vector<std::string_view> words;
  words.reserve(pieces.size());
  for (const Piece& piece : pieces) words.push_back(piece.text);
  return words;
}

}  // namespace kvasir::engine
