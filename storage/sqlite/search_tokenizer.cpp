#include "storage/sqlite/search_tokenizer.h"

#include "storage/sqlite/database.h"
#include "storage/sqlite/sqlite_error.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>

namespace kvasir::storage {
namespace {

constexpr const char* kName = "kvasir";

struct CodePoint {
  uint32_t value;
  int bytes;  ///< at least 1
};

/// Bytes that are no UTF-8 count one by one, as characters that are not CJK.
CodePoint code_point_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  const int bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (bytes == 1 || at + static_cast<size_t>(bytes) > text.size()) return {first, 1};
  uint32_t value = first & (0xFFu >> (bytes + 1));
  for (int i = 1; i < bytes; ++i) {
    if ((byte(static_cast<size_t>(i)) & 0xC0) != 0x80) return {first, 1};
    value = value << 6 | (byte(static_cast<size_t>(i)) & 0x3F);
  }
  return {value, bytes};
}

/// Letters of scripts that are written without spaces, or (Hangul) with endings that hide the word.
bool is_cjk(uint32_t c) {
  struct Range {
    uint32_t first;
    uint32_t last;
  };
  static constexpr std::array kRanges = {
      Range{0x1100, 0x11FF},   // Hangul Jamo
      Range{0x2E80, 0x2FDF},   // radicals
      Range{0x3005, 0x3007},   // iteration mark, closing mark, zero
      Range{0x3041, 0x3096},   // Hiragana
      Range{0x309D, 0x309F},   // its iteration marks
      Range{0x30A1, 0x30FA},   // Katakana
      Range{0x30FC, 0x312F},   // its long vowel; Bopomofo
      Range{0x3131, 0x318E},   // Hangul compatibility
      Range{0x31A0, 0x31FF},   // Bopomofo and Katakana, extended
      Range{0x3400, 0x4DBF},   // Han, extension A
      Range{0x4E00, 0x9FFF},   // Han
      Range{0xA960, 0xA97F},   // Hangul Jamo, extended A
      Range{0xAC00, 0xD7FF},   // Hangul syllables; Jamo, extended B
      Range{0xF900, 0xFAFF},   // Han, compatibility
      Range{0xFF66, 0xFF9F},   // half-width Katakana
      Range{0x20000, 0x3FFFF}  // Han, extensions B and on
  };
  const auto* range = std::lower_bound(kRanges.begin(), kRanges.end(), c,
                                       [](const Range& r, uint32_t value) { return r.last < value; });
  return range != kRanges.end() && range->first <= c;
}

using TokenCallback = int (*)(void*, int, const char*, int, int, int);

/// Where FTS5 wants a text's tokens, while a piece of the text is cut.
struct Sink {
  void* context;
  TokenCallback take;
  int base;  ///< byte of the text at which the piece begins
};

/// FTS5's `unicode61` with pairs for CJK.
class PairTokenizer {
 public:
  static int create(fts5_api* api, Fts5Tokenizer** made) {
    auto tokenizer = std::unique_ptr<PairTokenizer>(new (std::nothrow) PairTokenizer);
    if (!tokenizer) return SQLITE_NOMEM;
    void* context = nullptr;
    int code = api->xFindTokenizer(api, "unicode61", &context, &tokenizer->words_);
    if (code != SQLITE_OK) return code;
    std::array<const char*, 2> arguments = {"remove_diacritics", "2"};
    code = tokenizer->words_.xCreate(context, arguments.data(), static_cast<int>(arguments.size()),
                                     &tokenizer->state_);
    if (code == SQLITE_OK) *made = reinterpret_cast<Fts5Tokenizer*>(tokenizer.release());
    return code;
  }
  ~PairTokenizer() {
    if (state_ != nullptr) words_.xDelete(state_);
  }
  PairTokenizer(const PairTokenizer&) = delete;
  PairTokenizer& operator=(const PairTokenizer&) = delete;

  int tokenize(Sink sink, int flags, std::string_view text) {
    size_t piece = 0;  // where the present piece begins
    bool piece_is_cjk = false;
    for (size_t at = 0; at < text.size();) {
      const CodePoint c = code_point_at(text, at);
      if (const bool cjk = is_cjk(c.value); cjk != piece_is_cjk) {
        if (const int code = take_piece(sink, flags, text, piece, at, piece_is_cjk); code != SQLITE_OK)
          return code;
        piece = at;
        piece_is_cjk = cjk;
      }
      at += static_cast<size_t>(c.bytes);
    }
    return take_piece(sink, flags, text, piece, text.size(), piece_is_cjk);
  }

 private:
  PairTokenizer() = default;

  int take_piece(Sink sink, int flags, std::string_view text, size_t begin, size_t end, bool cjk) {
    if (begin == end) return SQLITE_OK;
    const std::string_view piece = text.substr(begin, end - begin);
    sink.base = static_cast<int>(begin);
    if (cjk) return take_pairs(sink, flags, piece);
    const auto shift = [](void* context, int token_flags, const char* word, int bytes, int from, int to) {
      const auto& outer = *static_cast<const Sink*>(context);
      return outer.take(outer.context, token_flags, word, bytes, from + outer.base, to + outer.base);
    };
    return words_.xTokenize(state_, &sink, flags, piece.data(), static_cast<int>(piece.size()), shift);
  }

  static int take_pairs(const Sink& sink, int flags, std::string_view run) {
    const auto take = [&](size_t from, size_t to) {
      return sink.take(sink.context, 0, run.data() + from, static_cast<int>(to - from),
                       sink.base + static_cast<int>(from), sink.base + static_cast<int>(to));
    };
    size_t before = 0;
    size_t at = static_cast<size_t>(code_point_at(run, 0).bytes);
    const bool single = at == run.size();
    while (at < run.size()) {
      const size_t next = at + static_cast<size_t>(code_point_at(run, at).bytes);
      if (const int code = take(before, next); code != SQLITE_OK) return code;
      before = at;
      at = next;
    }
    if (!single && (flags & FTS5_TOKENIZE_QUERY) != 0) return SQLITE_OK;
    return take(before, run.size());
  }

  fts5_tokenizer words_{};
  Fts5Tokenizer* state_ = nullptr;
};

int create(void* api, const char**, int, Fts5Tokenizer** made) {
  return PairTokenizer::create(static_cast<fts5_api*>(api), made);
}

void destroy(Fts5Tokenizer* tokenizer) {
  delete reinterpret_cast<PairTokenizer*>(tokenizer);
}

int tokenize_text(Fts5Tokenizer* tokenizer, void* context, int flags, const char* text, int bytes,
                  TokenCallback take) {
  return reinterpret_cast<PairTokenizer*>(tokenizer)->tokenize(
      {context, take, 0}, flags, {text, text == nullptr ? 0 : static_cast<size_t>(bytes)});
}

/// Null where SQLite has no FTS5.
fts5_api* find_api(sqlite3* connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

}  // namespace

int register_search_tokenizer(sqlite3* connection) {
  fts5_api* api = find_api(connection);
  if (api == nullptr) return SQLITE_ERROR;
  fts5_tokenizer tokenizer = {create, destroy, tokenize_text};
  return api->xCreateTokenizer(api, kName, api, &tokenizer, nullptr);
}

Result<void> tokenize(Database& database, std::string_view text, TokenizeFor purpose,
                      const std::function<bool(SearchToken)>& take) {
  fts5_api* api = find_api(database.connection());
  Fts5Tokenizer* tokenizer = nullptr;
  const int code = api == nullptr ? SQLITE_ERROR : PairTokenizer::create(api, &tokenizer);
  if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(database.connection(), code));
  const auto on_token = [](void* context, int, const char* word, int bytes, int begin, int end) {
    const auto& taker = *static_cast<const std::function<bool(SearchToken)>*>(context);
    return taker({std::string(word, static_cast<size_t>(bytes)), static_cast<size_t>(begin),
                  static_cast<size_t>(end)})
               ? SQLITE_OK
               : SQLITE_DONE;
  };
  tokenize_text(tokenizer, const_cast<std::function<bool(SearchToken)>*>(&take),
                purpose == TokenizeFor::Searching ? FTS5_TOKENIZE_QUERY : FTS5_TOKENIZE_DOCUMENT, text.data(),
                static_cast<int>(text.size()), on_token);
  destroy(tokenizer);
  return {};
}

}  // namespace kvasir::storage
