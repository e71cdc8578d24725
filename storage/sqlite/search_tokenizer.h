#pragma once

#include "storage/base/result.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

struct sqlite3;

namespace kvasir::storage {

class Database;

/// One word of a text as the full-text search knows it.
struct SearchToken {
  std::string word;  ///< without case and diacritics
  size_t begin = 0;  ///< bytes of the text: [begin, end)
  size_t end = 0;
};

/// What a text is cut for. The last character of a run of CJK stands for itself in what is stored, so that
/// a search for one character finds it too; in what is searched for it would ask for the run's end.
enum class TokenizeFor { Storing, Searching };

/// Makes the FTS5 tokenizer "kvasir" known to the connection: words as `unicode61 remove_diacritics 2` has
/// them, and runs of Chinese, Japanese and Korean characters as overlapping pairs, since nothing marks where
/// their words end. SQLITE_OK, or what failed.
int register_search_tokenizer(sqlite3* connection);

/// Calls `take` with each token of the text, in order, until it returns false. For the database's thread.
Result<void> tokenize(Database& database, std::string_view text, TokenizeFor purpose,
                      const std::function<bool(SearchToken)>& take);

}  // namespace kvasir::storage
