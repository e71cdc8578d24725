#include "storage/sqlite/database.h"

#include "storage/base/try.h"
#include "storage/sqlite/sqlite_error.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <string>

namespace kvasir::storage {
namespace {

constexpr int kBusyTimeoutMs = 5000;

/// SQLite would create it readable by everyone. The log and the index beside it inherit these permissions.
void create_private(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

Result<Database> Database::open(const std::filesystem::path& path) {
  create_private(path);
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &connection,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(connection);
  if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(connection, code));
  KVASIR_TRY(database.configure());
  KVASIR_TRY(database.check());
  // Last, since it is the first thing that changes the file. A file system without shared memory answers with
  // another journal mode, which is as durable.
  KVASIR_TRY(database.execute("PRAGMA journal_mode = WAL"));
  return database;
}

Result<void> Database::configure() {
  sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMs);
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // The file may come from elsewhere: nothing in its schema may call what reaches outside of it.
  return execute(
      "PRAGMA trusted_schema = OFF;"
      "PRAGMA cell_size_check = ON;"
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
      "PRAGMA secure_delete = ON;");
}

Result<void> Database::check() {
  KVASIR_TRY_ASSIGN(auto statement, prepare("PRAGMA quick_check(1)"));
  KVASIR_TRY_ASSIGN(const bool has_row, statement.step());
  const std::string verdict = has_row ? statement.text(0) : "no answer";
  if (verdict != "ok") {
    return fail(ErrorCode::Corrupt, "The database " + path().string() + " is damaged (" + verdict +
                                        "). Put back a copy of it, or move it elsewhere to start with an "
                                        "empty one.");
  }
  KVASIR_TRY_ASSIGN(const int64_t application, integer("PRAGMA application_id"));
  KVASIR_TRY_ASSIGN(const int64_t objects, integer("SELECT count(*) FROM sqlite_schema"));
  if (application != kApplicationId && (application != 0 || objects != 0)) {
    return fail(ErrorCode::Corrupt, "The file " + path().string() +
                                        " is a database of another program, not Kvasir's. It was not "
                                        "changed. Move it elsewhere, or choose another folder.");
  }
  return {};
}

Result<void> Database::execute(std::string_view script) {
  const std::string terminated(script);
  const int code = sqlite3_exec(connection_.get(), terminated.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(connection_.get(), code));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(connection_.get(), code));
  return Statement(statement);
}

Result<int64_t> Database::integer(std::string_view sql) {
  KVASIR_TRY_ASSIGN(auto statement, prepare(sql));
  KVASIR_TRY_ASSIGN(const bool has_row, statement.step());
  if (!has_row) return fail(ErrorCode::NotFound, "The database " + path().string() + " has no such entry.");
  return statement.integer(0);
}

int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(connection_.get());
}

int64_t Database::changes() const {
  return sqlite3_changes64(connection_.get());
}

std::filesystem::path Database::path() const {
  const char* name = sqlite3_db_filename(connection_.get(), "main");
  return name != nullptr ? name : "";
}

}  // namespace kvasir::storage
