#include "engine/tokenizer/vocabulary.h"

#include "engine/gguf/messages.h"
#include "engine/tokenizer/byte_alphabet.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>

namespace kvasir::engine {
namespace {

constexpr std::string_view kTokensKey = "tokenizer.ggml.tokens";
constexpr std::string_view kTypesKey = "tokenizer.ggml.token_type";
constexpr std::string_view kMergesKey = "tokenizer.ggml.merges";
constexpr std::string_view kHashTag = "kvasir vocabulary";
/// Raise it when the same lists give other ids than before.
constexpr uint64_t kHashFormat = 1;

/// Control tokens that end a turn in the models that have them, whatever key the file names.
constexpr std::string_view kEndNames[] = {"<｜end▁of▁sentence｜>",
                                          "<|EOT|>",
                                          "<|im_end|>",
                                          "<|endoftext|>",
                                          "<|end_of_text|>",
                                          "<|eot_id|>",
                                          "<|eom_id|>",
                                          "<|end|>",
                                          "<|return|>",
                                          "<|user|>",
                                          "<|observation|>",
                                          "<|im_user|>",
                                          "<end_of_turn>"};

/// Token by the text that the file has for it. A flat hash table with linear probing over views.
class TextIndex {
 public:
  explicit TextIndex(size_t count) : slots_(std::bit_ceil(std::max<size_t>(2 * count, 2))) {}

  /// A text that is there already keeps its first id.
  void add(std::string_view text, int32_t id) {
    Slot& slot = slots_[slot_of(text)];
    if (slot.id < 0) slot = {text, id};
  }
  /// −1 where there is none.
  int32_t find(std::string_view text) const { return slots_[slot_of(text)].id; }

 private:
  struct Slot {
    std::string_view text;
    int32_t id = -1;
  };

  size_t slot_of(std::string_view text) const {
    size_t at = std::hash<std::string_view>()(text) & (slots_.size() - 1);
    while (slots_[at].id >= 0 && slots_[at].text != text) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  std::vector<Slot> slots_;  // {a power of two, at most half used}
};

/// Reads one file's lists into a `Vocabulary`, step by step; each step checks what the next relies on.
class Reader {
 public:
  Reader(const GgufFile& file, std::string_view pretokenizer_name)
      : file_(file), pretokenizer_name_(pretokenizer_name) {}

  Result<Vocabulary> read() {
    if (auto done = read_lists(); !done) return tl::unexpected(done.error());
    TextIndex words(texts_.size());
    read_tokens(words);
    if (auto done = read_byte_tokens(words); !done) return tl::unexpected(done.error());
    if (auto done = read_merges(words); !done) return tl::unexpected(done.error());
    if (auto done = read_key_tokens(); !done) return tl::unexpected(done.error());
    collect_specials();
    compute_hash();
    return std::move(vocabulary_);
  }

 private:
  tl::unexpected<Error> damaged(const std::string& what) const { return damaged_model(file_.path(), what); }

  Result<void> read_lists() {
    auto texts = file_.get_strings(kTokensKey);
    if (!texts || texts->empty())
      return damaged("it has no list of tokens (" + std::string(kTokensKey) + ")");
    if (texts->size() > size_t{std::numeric_limits<int32_t>::max()})
      return damaged("its list of tokens is longer than any model's");
    auto merges = file_.get_strings(kMergesKey);
    if (!merges) return damaged("it has no list of merges (" + std::string(kMergesKey) + ")");
    texts_ = std::move(*texts);
    merges_ = std::move(*merges);

    auto& types = vocabulary_.types;
    types.assign(texts_.size(), TokenType::Normal);
    if (!file_.has(kTypesKey)) return {};
    const auto numbers = file_.get_ints(kTypesKey);
    if (!numbers || numbers->size() != texts_.size())
      return damaged("its list of token types does not match its list of tokens");
    for (size_t i = 0; i < types.size(); ++i) {
      const int64_t number = (*numbers)[i];
      if (number < 0 || number > static_cast<int64_t>(TokenType::Byte))
        return damaged("token " + std::to_string(i) + " has the unknown type " + std::to_string(number));
      types[i] = static_cast<TokenType>(number);
    }
    return {};
  }

  /// Fills `bytes`, and `words` with the tokens that merging may reach: those whose bytes are what their text
  /// says in the byte alphabet, so that decoding gives back what was encoded.
  void read_tokens(TextIndex& words) {
    auto& bytes = vocabulary_.bytes;
    auto& begins = vocabulary_.begins;
    begins.reserve(texts_.size() + 1);
    std::string alphabet_bytes;
    for (size_t i = 0; i < texts_.size(); ++i) {
      const std::string_view text = texts_[i];
      const TokenType type = vocabulary_.types[i];
      begins.push_back(bytes.size());
      alphabet_bytes.clear();
      const bool in_alphabet = append_alphabet_bytes(text, alphabet_bytes);
      const bool plain = type == TokenType::Normal || type == TokenType::Undefined;
      const auto byte = type == TokenType::Byte ? parse_byte_token(text) : std::nullopt;
      if (byte)
        bytes += static_cast<char>(*byte);
      else
        bytes += plain && in_alphabet ? std::string_view(alphabet_bytes) : text;
      if (in_alphabet && (plain || (type == TokenType::UserDefined && alphabet_bytes == text)))
        words.add(text, static_cast<int32_t>(i));
    }
    begins.push_back(bytes.size());
  }

  Result<void> read_byte_tokens(const TextIndex& words) {
    auto& tokens = vocabulary_.bpe.byte_tokens;
    tokens.fill(-1);
    for (size_t i = texts_.size(); i-- > 0;) {
      if (vocabulary_.types[i] != TokenType::Byte) continue;
      if (const auto byte = parse_byte_token(texts_[i])) tokens[*byte] = static_cast<int32_t>(i);
    }
    std::string meant;
    for (unsigned code = 0; code < 0x100 + 68; ++code) {
      const char two[2] = {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
      const char one = static_cast<char>(code);
      const std::string_view text = code < 0x80 ? std::string_view(&one, 1) : std::string_view(two, 2);
      meant.clear();
      if (!append_alphabet_bytes(text, meant)) continue;
      if (const int32_t id = words.find(text); id >= 0) tokens[static_cast<unsigned char>(meant[0])] = id;
    }
    for (size_t byte = 0; byte < tokens.size(); ++byte)
      if (tokens[byte] < 0)
        return damaged("its vocabulary has no token for the byte " + std::to_string(byte));
    return {};
  }

  Result<void> read_merges(const TextIndex& words) {
    auto& merges = vocabulary_.bpe.merges = MergeTable(merges_.size());
    std::string joined;
    for (size_t rank = 0; rank < merges_.size(); ++rank) {
      const std::string_view line = merges_[rank];
      const auto bad_merge = [&](const char* why) {
        return damaged("merge " + std::to_string(rank) + " of its tokenizer, " + quote(line) + ", " + why);
      };
      const size_t space = line.find(' ');
      if (space == std::string_view::npos || space == 0 || space + 1 == line.size() ||
          line.find(' ', space + 1) != std::string_view::npos)
        return bad_merge("is not two tokens with a space between them");
      joined.assign(line.substr(0, space));
      joined += line.substr(space + 1);
      const int32_t left = words.find(line.substr(0, space));
      const int32_t right = words.find(line.substr(space + 1));
      const int32_t merged = words.find(joined);
      if (left < 0 || right < 0 || merged < 0) return bad_merge("names a token that its vocabulary lacks");
      merges.add(left, right, {static_cast<uint32_t>(rank), merged});
    }
    return {};
  }

  /// A token that a key names: empty where the file has no such key.
  Result<std::optional<int32_t>> key_token(std::string_view key) {
    if (!file_.has(key)) return std::nullopt;
    const auto id = file_.get_uint(key);
    if (!id || *id >= texts_.size())
      return damaged(std::string(key) + " names a token outside its vocabulary of " +
                     std::to_string(texts_.size()));
    return static_cast<int32_t>(*id);
  }

  Result<void> read_key_tokens() {
    auto& ends = vocabulary_.ends_answer;
    ends.assign(texts_.size(), false);
    const auto bos = key_token("tokenizer.ggml.bos_token_id");
    if (!bos) return tl::unexpected(bos.error());
    vocabulary_.bos = *bos;
    for (std::string_view key :
         {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
      const auto id = key_token(key);
      if (!id) return tl::unexpected(id.error());
      if (!*id) continue;
      ends[static_cast<size_t>(**id)] = true;
      if (key == "tokenizer.ggml.eos_token_id") vocabulary_.eos = *id;
    }
    for (size_t i = 0; i < texts_.size(); ++i) {
      if (vocabulary_.types[i] == TokenType::Control &&
          std::find(std::begin(kEndNames), std::end(kEndNames), texts_[i]) != std::end(kEndNames))
        ends[i] = true;
    }
    return {};
  }

  void collect_specials() {
    auto& specials = vocabulary_.specials;
    for (size_t i = 0; i < texts_.size(); ++i) {
      const TokenType type = vocabulary_.types[i];
      if ((type == TokenType::Control || type == TokenType::UserDefined) && !texts_[i].empty())
        specials.push_back(static_cast<int32_t>(i));
    }
    const auto text = [this](int32_t id) { return texts_[static_cast<size_t>(id)]; };
    // Of two tokens with the same text the first stays.
    std::stable_sort(specials.begin(), specials.end(),
                     [&](int32_t a, int32_t b) { return text(a) < text(b); });
    const auto same_text = [&](int32_t a, int32_t b) { return text(a) == text(b); };
    specials.erase(std::unique(specials.begin(), specials.end(), same_text), specials.end());
  }

  void compute_hash() {
    // One field per list; inside, each string follows its length, as fields do.
    std::string list;
    const auto append = [&list](std::string_view text) {
      for (unsigned shift = 0; shift < 64; shift += 8)
        list += static_cast<char>(uint64_t{text.size()} >> shift);
      list += text;
    };
    FieldHasher hasher(kHashTag);
    hasher.add_u64(kHashFormat).add(pretokenizer_name_);
    for (std::string_view text : texts_) append(text);
    hasher.add(list);
    list.clear();
    for (std::string_view line : merges_) append(line);
    hasher.add(list).add(std::as_bytes(std::span(vocabulary_.types)));
    vocabulary_.hash = hasher.finish();
  }

  const GgufFile& file_;
  std::string_view pretokenizer_name_;
  std::vector<std::string_view> texts_;   // {tokens}
  std::vector<std::string_view> merges_;  // {merges}, by rank
  Vocabulary vocabulary_;
};

}  // namespace

Result<Vocabulary> read_vocabulary(const GgufFile& file, std::string_view pretokenizer_name) {
  return Reader(file, pretokenizer_name).read();
}

}  // namespace kvasir::engine
