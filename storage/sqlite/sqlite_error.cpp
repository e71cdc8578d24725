#include "storage/sqlite/sqlite_error.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace kvasir::storage {
namespace {

std::string file_of(sqlite3* connection) {
  const char* name = connection != nullptr ? sqlite3_db_filename(connection, "main") : nullptr;
  return name != nullptr ? name : "";
}

std::string detail_of(sqlite3* connection, int code) {
  std::string detail = sqlite3_errstr(code);
  if (connection == nullptr) return detail;
  // The connection's text is more exact, but only while it still speaks of this failure.
  if (sqlite3_extended_errcode(connection) == code) detail = sqlite3_errmsg(connection);
  const int system_error = sqlite3_system_errno(connection);
  const int primary = code & 0xff;
  if (system_error != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
    detail += std::string(": ") + std::strerror(system_error);
  }
  return detail;
}

/// Not all that fails on a full disk is called so: what it needs beside the database can't be made there
/// either.
bool is_for_lack_of_space(sqlite3* connection, int code) {
  const int primary = code & 0xff;
  const int system_error = connection != nullptr ? sqlite3_system_errno(connection) : 0;
  return (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) &&
         (system_error == ENOSPC || system_error == EDQUOT);
}

}  // namespace

Error sqlite_error(sqlite3* connection, int code) {
  return sqlite_error(connection, code, file_of(connection));
}

Error sqlite_error(sqlite3* connection, int code, const std::string& file) {
  const std::string detail = detail_of(connection, code);
  if (is_for_lack_of_space(connection, code))
    return {ErrorCode::DiskFull, "The disk that holds " + file +
                                     " is full, so that it can neither be read nor changed. Free some space "
                                     "and try again."};
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::Corrupt, "The file " + file + " is damaged or is not a database (" + detail +
                                      "). Put back a copy of it, or move it elsewhere to start with an "
                                      "empty one."};
    case SQLITE_FULL:
      return {ErrorCode::DiskFull, "The disk that holds " + file +
                                       " is full, so the last change was not saved. Free some space and "
                                       "try again."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::InUse,
              "The database " + file + " is in use by another program. Close that program and try again."};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ErrorCode::Io, "The database " + file + " cannot be written (" + detail +
                                 "). Check the permissions of the file and of its folder."};
    case SQLITE_CANTOPEN:
      return {ErrorCode::Io, "The database " + file + " could not be opened (" + detail +
                                 "). Check that its folder exists and that you may write to it."};
    case SQLITE_CONSTRAINT:
      return {ErrorCode::BadRequest, "The change does not fit into the database " + file + " (" + detail +
                                         "). Nothing was changed."};
    case SQLITE_ERROR:
      return {ErrorCode::Corrupt, "The database " + file + " is not laid out as expected (" + detail +
                                      "). Put back a copy of it, or move it elsewhere to start with an "
                                      "empty one."};
    default:
      return {ErrorCode::Io, "The database " + file + " could not be read or written (" + detail +
                                 "). Check the disk that holds it and try again."};
  }
}

}  // namespace kvasir::storage
