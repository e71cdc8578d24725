#pragma once

#include "storage/base/result.h"
#include "storage/conversations/search.h"
#include "storage/sqlite/search_tokenizer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvasir::storage {

class Database;

/// What a person typed into the search field: words that all are to be there.
class SearchQuery {
 public:
  /// `database` must outlive the query.
  static Result<SearchQuery> parse(Database& database, std::string_view asked);

  /// There is nothing in it to search for.
  bool empty() const { return terms_.empty(); }
  /// As FTS5 wants it.
  const std::string& expression() const { return expression_; }
  /// The piece of the text around the first of the words, all of them marked. Texts are looked through up to
  /// a megabyte; where nothing is found, the text's beginning.
  Result<FoundText> excerpt(std::string_view text) const;

 private:
  /// One word as typed. It has several tokens where it is longer than a pair of CJK characters, or joined
  /// by signs.
  struct Term {
    std::vector<std::string> tokens;
    bool last_is_prefix = false;
  };
  class Matcher;

  explicit SearchQuery(Database& database) : database_(&database) {}
  Result<void> add(std::string_view word, bool is_last);
  Result<std::optional<size_t>> find_first(std::string_view text) const;

  Database* database_;
  std::vector<Term> terms_;
  std::string expression_;
};

}  // namespace kvasir::storage
