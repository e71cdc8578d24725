#pragma once

#include "storage/base/result.h"
#include "storage/sqlite/database.h"

namespace kvasir::storage {

/// Takes the write lock at once; rolled back unless it was committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Durable once it has returned. After a failure nothing of it happened.
  Result<void> commit();

 private:
  explicit Transaction(sqlite3* connection) : connection_(connection) {}
  sqlite3* connection_;
};

}  // namespace kvasir::storage
