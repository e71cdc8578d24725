#pragma once

#include "storage/base/result.h"
#include "storage/sqlite/statement.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

struct sqlite3;

namespace kvasir::storage {

/// SQLite's `application_id` of Kvasir's databases: "KVSR".
inline constexpr int64_t kApplicationId = 0x4B565352;

class FileSystemVfs;

/// One connection to an SQLite file. A commit is durable when it returns (write-ahead log, synchronous FULL).
/// For one thread at a time.
class Database {
 public:
  /// Opens or creates the file, readable by its owner only. Reads the whole file once to check it: Corrupt
  /// where it is damaged, is not a database, or belongs to another program; such a file is left as it is.
  static Result<Database> open(const std::filesystem::path& path);
  /// The same through `vfs`, which must outlive it, for what may be lost: a commit survives the end of the
  /// process, but the last ones may go when the power does (synchronous NORMAL). What is there stays
  /// consistent.
  static Result<Database> open(const std::filesystem::path& path, const FileSystemVfs& vfs);
  /// An empty one in memory, of which nothing is ever written.
  static Result<Database> open_in_memory();

  /// Runs a script of several statements without parameters.
  Result<void> execute(std::string_view script);
  Result<Statement> prepare(std::string_view sql);
  /// Prepares and binds `values` to ?1, ?2, …
  template <class... Values>
  Result<Statement> query(std::string_view sql, const Values&... values) {
    auto statement = prepare(sql);
    if (statement) statement->bind_all(values...);
    return statement;
  }
  /// Prepares, binds and runs to the end.
  template <class... Values>
  Result<void> run(std::string_view sql, const Values&... values) {
    auto statement = query(sql, values...);
    if (!statement) return tl::unexpected<Error>(std::move(statement).error());
    return statement->run();
  }
  /// The first column of the first row; NotFound where there is none.
  Result<int64_t> integer(std::string_view sql);

  int64_t last_insert_id() const;
  /// Rows that the last INSERT, UPDATE or DELETE changed.
  int64_t changes() const;
  std::filesystem::path path() const;
  /// For what of SQLite has no class here.
  sqlite3* connection() { return connection_.get(); }

 private:
  friend class Transaction;
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  explicit Database(sqlite3* connection) : connection_(connection) {}
  static Result<Database> connect(const std::filesystem::path& path, const char* vfs);
  Result<void> configure();
  Result<void> check();

  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace kvasir::storage
