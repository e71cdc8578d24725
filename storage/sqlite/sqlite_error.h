#pragma once

#include "storage/base/result.h"

struct sqlite3;

namespace kvasir::storage {

/// The connection's last failure, `code`, as a sentence that names the file and says what to do.
Error sqlite_error(sqlite3* connection, int code);

}  // namespace kvasir::storage
