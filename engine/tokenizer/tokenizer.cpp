#include "engine/tokenizer/tokenizer.h"

#include "engine/gguf/messages.h"
#include "engine/tokenizer/pretokenizer.h"
#include "engine/tokenizer/vocabulary.h"

#include <algorithm>
#include <array>

namespace kvasir::engine {
namespace {

constexpr std::string_view kModelKey = "tokenizer.ggml.model";
constexpr std::string_view kPretokenizerKey = "tokenizer.ggml.pre";
constexpr std::string_view kByteLevelBpe = "gpt2";

tl::unexpected<Error> unsupported(const GgufFile& file, const std::string& what) {
  return fail(ErrorCode::Unsupported, "The model file " + quote_path(file.path()) + " " + what +
                                          ", which this version of Kvasir can't read. Choose another model.");
}

/// Finds special tokens in text.
class SpecialMatcher {
 public:
  explicit SpecialMatcher(const Vocabulary& vocabulary) : vocabulary_(&vocabulary) {
    for (int32_t id : vocabulary.specials)
      begins_special_[static_cast<unsigned char>(vocabulary.bytes_of(id)[0])] = true;
  }

  /// The longest special token that stands at the front of `text`; −1 where there is none.
  int32_t at_front(std::string_view text) const {
    if (!begins_special_[static_cast<unsigned char>(text[0])]) return -1;
    // Narrows the sorted list, byte by byte, to those that begin as the text does.
    auto first = vocabulary_->specials.begin();
    auto last = vocabulary_->specials.end();
    int32_t longest = -1;
    for (size_t depth = 0; depth < text.size(); ++depth) {
      const auto byte = static_cast<unsigned char>(text[depth]);
      const auto byte_of = [&](int32_t id) {
        return static_cast<unsigned char>(vocabulary_->bytes_of(id)[depth]);
      };
      std::tie(first, last) =
          std::pair(std::partition_point(first, last, [&](int32_t id) { return byte_of(id) < byte; }),
                    std::partition_point(first, last, [&](int32_t id) { return byte_of(id) <= byte; }));
      if (first == last) break;
      if (vocabulary_->bytes_of(*first).size() == depth + 1) longest = *first++;
      if (first == last) break;
    }
    return longest;
  }

  std::optional<int32_t> find(std::string_view text) const {
    const auto& specials = vocabulary_->specials;
    const auto found = std::ranges::lower_bound(specials, text, {},
                                                [this](int32_t id) { return vocabulary_->bytes_of(id); });
    if (found == specials.end() || vocabulary_->bytes_of(*found) != text) return std::nullopt;
    return *found;
  }

 private:
  const Vocabulary* vocabulary_;
  std::array<bool, 256> begins_special_{};
};

}  // namespace

struct Tokenizer::Data {
  Vocabulary vocabulary;
  Pretokenizer pretokenizer;
  SpecialMatcher specials;

  Data(Vocabulary v, const PretokenizerSpec& spec)
      : vocabulary(std::move(v)), pretokenizer(spec), specials(vocabulary) {}
};

Tokenizer::Tokenizer(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::from_gguf(const GgufFile& file) {
  const auto model = file.get_string(kModelKey);
  if (!model) return damaged_model(file.path(), "it has no tokenizer (" + std::string(kModelKey) + ")");
  if (*model != kByteLevelBpe) return unsupported(file, "has a tokenizer of the kind " + quote(*model));
  const auto name = file.get_string(kPretokenizerKey);
  if (!name)
    return unsupported(file,
                       "does not say how its tokenizer cuts text (" + std::string(kPretokenizerKey) + ")");
  const PretokenizerSpec* spec = find_pretokenizer(*name);
  if (spec == nullptr) return unsupported(file, "cuts text in the way that is called " + quote(*name));

  auto vocabulary = read_vocabulary(file, spec->name);
  if (!vocabulary) return tl::unexpected(vocabulary.error());
  return Tokenizer(std::make_unique<Data>(std::move(*vocabulary), *spec));
}

std::vector<TokenId> Tokenizer::encode(std::span<const Piece> pieces) const {
  std::vector<TokenId> ids;
  Bpe::Scratch scratch;
  std::string ordinary;  // text since the last special token: it merges across pieces
  const auto flush = [&] {
    for (std::string_view word : data_->pretokenizer.split(ordinary))
      data_->vocabulary.bpe.encode(word, scratch, ids);
    ordinary.clear();
  };
  for (const Piece& piece : pieces) {
    std::string_view rest = piece.text;
    size_t plain = 0;
    while (piece.parse_special && plain < rest.size()) {
      const int32_t special = data_->specials.at_front(rest.substr(plain));
      if (special < 0) {
        ++plain;
        continue;
      }
      ordinary += rest.substr(0, plain);
      flush();
      ids.push_back(special);
      rest.remove_prefix(plain + data_->vocabulary.bytes_of(special).size());
      plain = 0;
    }
    ordinary += rest;
  }
  flush();
  return ids;
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, bool parse_special) const {
  const Piece piece{text, parse_special};
  return encode(std::span(&piece, 1));
}

std::string_view Tokenizer::bytes_of(TokenId id, bool with_special) const {
  const Vocabulary& vocabulary = data_->vocabulary;
  if (!vocabulary.contains(id)) return {};
  const TokenType type = vocabulary.types[static_cast<size_t>(id)];
  const bool silent = type == TokenType::Control || type == TokenType::Unknown || type == TokenType::Unused;
  return silent && !with_special ? std::string_view() : vocabulary.bytes_of(id);
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool with_special) const {
  std::string text;
  for (TokenId id : ids) text += bytes_of(id, with_special);
  return text;
}

size_t Tokenizer::vocab_size() const {
  return data_->vocabulary.size();
}

std::optional<TokenId> Tokenizer::bos() const {
  return data_->vocabulary.bos;
}

std::optional<TokenId> Tokenizer::eos() const {
  return data_->vocabulary.eos;
}

bool Tokenizer::ends_generation(TokenId id) const {
  const Vocabulary& vocabulary = data_->vocabulary;
  return vocabulary.contains(id) && vocabulary.ends_answer[static_cast<size_t>(id)];
}

std::optional<TokenId> Tokenizer::find(std::string_view special_token_text) const {
  return data_->specials.find(special_token_text);
}

const Hash256& Tokenizer::vocabulary_hash() const {
  return data_->vocabulary.hash;
}

}  // namespace kvasir::engine
