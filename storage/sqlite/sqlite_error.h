#pragma once

#include "storage/base/result.h"

#include <string>

struct sqlite3;

namespace kvasir::storage {

/// The connection's last failure, `code`, as a sentence that names the file and says what to do.
Error sqlite_error(sqlite3* connection, int code);
/// The same of a file that could not be opened, which the connection therefore cannot name.
Error sqlite_error(sqlite3* connection, int code, const std::string& file);

}  // namespace kvasir::storage
