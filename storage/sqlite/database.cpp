#include "storage/sqlite/database.h"

#include "storage/base/try.h"
#include "storage/sqlite/file_system_vfs.h"
#include "storage/sqlite/search_tokenizer.h"
#include "storage/sqlite/sqlite_error.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <span>
#include <string>

namespace kvasir::storage {
namespace {

constexpr int kBusyTimeoutMs = 5000;

/// SQLite would create it readable by everyone. The log and the index beside it inherit these permissions.
void create_private(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);
}

tl::unexpected<Error> damaged(const std::filesystem::path& path, const std::string& detail) {
  return fail(ErrorCode::Corrupt, "The file " + path.string() + " is damaged or is not a database (" +
                                      detail +
                                      "). Put back a copy of it, or move it elsewhere to start with an "
                                      "empty one.");
}

/// Big-endian, as everything in SQLite's header (https://sqlite.org/fileformat.html#the_database_header).
uint32_t big_endian(std::span<const unsigned char> bytes) {
  uint32_t value = 0;
  for (const unsigned char byte : bytes) value = value << 8 | byte;
  return value;
}

/// What SQLite itself is generous with: it takes a very short file for an empty database, and reads what is
/// missing of the last page as zeros.
Result<void> check_header(const std::filesystem::path& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error || size == 0) return {};
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::array<unsigned char, 100> header{};
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open()) return {};
  in.read(reinterpret_cast<char*>(header.data()), header.size());
  if (!in || !std::equal(kMagic.begin(), kMagic.end(), header.begin())) {
    return damaged(path, "it does not begin as one");
  }
  // With a log beside it the file may be in the middle of growing; SQLite then finishes that.
  const uint64_t log_size = std::filesystem::file_size(path.string() + "-wal", error);
  if (!error && log_size > 0) return {};
  const std::span fields(header);
  uint64_t page_bytes = big_endian(fields.subspan(16, 2));
  if (page_bytes == 1) page_bytes = 65536;
  const uint64_t pages = big_endian(fields.subspan(28, 4));
  const bool pages_are_known = big_endian(fields.subspan(24, 4)) == big_endian(fields.subspan(92, 4));
  if (pages_are_known && size < pages * page_bytes) {
    return damaged(path, "it ends after " + std::to_string(size) + " of " +
                             std::to_string(pages * page_bytes) + " bytes");
  }
  return {};
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

Result<Database> Database::connect(const std::filesystem::path& path, const char* vfs) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &connection,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  Database database(connection);
  if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(connection, code, path.string()));
  // A log needs no shared memory where no other connection reads it. Before anything reads the file.
  if (vfs != nullptr) KVASIR_TRY(database.execute("PRAGMA locking_mode = EXCLUSIVE"));
  KVASIR_TRY(database.configure());
  return database;
}

Result<Database> Database::open(const std::filesystem::path& path) {
  create_private(path);
  KVASIR_TRY(check_header(path));
  KVASIR_TRY_ASSIGN(auto database, connect(path, nullptr));
  KVASIR_TRY(database.check());
  // Last, since it is the first thing that changes the file. A file system without shared memory answers with
  // another journal mode, which is as durable.
  KVASIR_TRY(database.execute("PRAGMA journal_mode = WAL"));
  return database;
}

Result<Database> Database::open(const std::filesystem::path& path, const FileSystemVfs& vfs) {
  KVASIR_TRY_ASSIGN(auto database, connect(path, vfs.name().c_str()));
  KVASIR_TRY(database.execute("PRAGMA temp_store = MEMORY; PRAGMA synchronous = NORMAL;"));
  KVASIR_TRY(database.check());
  KVASIR_TRY(database.execute("PRAGMA journal_mode = WAL"));
  return database;
}

Result<Database> Database::open_in_memory() {
  KVASIR_TRY_ASSIGN(auto database, connect(":memory:", nullptr));
  KVASIR_TRY(database.execute("PRAGMA temp_store = MEMORY"));
  return database;
}

Result<void> Database::configure() {
  sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMs);
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (const int code = register_search_tokenizer(connection_.get()); code != SQLITE_OK)
    return tl::unexpected<Error>(sqlite_error(connection_.get(), code));
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
  if (verdict != "ok") return damaged(path(), verdict);
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
