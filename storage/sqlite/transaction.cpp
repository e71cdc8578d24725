#include "storage/sqlite/transaction.h"

#include "storage/base/try.h"
#include "storage/sqlite/sqlite_error.h"

#include <sqlite3.h>

namespace kvasir::storage {

Result<Transaction> Transaction::begin(Database& database) {
  KVASIR_TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database.connection_.get());
}

Transaction::~Transaction() {
  // Some failures, a full disk among them, have rolled back already.
  if (connection_ != nullptr && sqlite3_get_autocommit(connection_) == 0) {
    sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Result<void> Transaction::commit() {
  const int code = sqlite3_exec(connection_, "COMMIT", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(connection_, code));
  connection_ = nullptr;
  return {};
}

}  // namespace kvasir::storage
