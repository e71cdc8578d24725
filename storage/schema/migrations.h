#pragma once

#include "storage/base/result.h"
#include "storage/sqlite/database.h"

#include <span>
#include <string_view>

namespace kvasir::storage {

/// One numbered step of the schema; never changed once released.
struct Migration {
  int version;
  std::string_view sql;
};

std::span<const Migration> migrations();

/// Brings the database from its `user_version` to the newest one, each step in a transaction of its own.
/// TooNew where a newer Kvasir wrote it: nothing is changed.
Result<void> migrate(Database& database);
/// The same with steps of the caller's; their versions ascend from 1.
Result<void> migrate(Database& database, std::span<const Migration> steps);

}  // namespace kvasir::storage
