#include "storage/sqlite/statement.h"

#include "storage/sqlite/sqlite_error.h"

#include <sqlite3.h>

#include <utility>

namespace kvasir::storage {

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), bind_error_(other.bind_error_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(bind_error_, other.bind_error_);
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::note(int code) {
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::bind(int index, int64_t value) {
  note(sqlite3_bind_int64(statement_, index, value));
}

void Statement::bind(int index, double value) {
  note(sqlite3_bind_double(statement_, index, value));
}

void Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL.
  const char* data = value.data() != nullptr ? value.data() : "";
  note(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int index, std::span<const std::byte> value) {
  if (value.empty()) {
    note(sqlite3_bind_zeroblob(statement_, index, 0));
  } else {
    note(sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT));
  }
}

void Statement::bind_null(int index) {
  note(sqlite3_bind_null(statement_, index));
}

Result<bool> Statement::step() {
  sqlite3* connection = sqlite3_db_handle(statement_);
  if (bind_error_ != SQLITE_OK) {
    return tl::unexpected<Error>(sqlite_error(connection, std::exchange(bind_error_, SQLITE_OK)));
  }
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto error = sqlite_error(connection, code);
  sqlite3_reset(statement_);
  return tl::unexpected<Error>(std::move(error));
}

Result<void> Statement::run() {
  for (;;) {
    auto row = step();
    if (!row) return tl::unexpected<Error>(std::move(row).error());
    if (!*row) return {};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  bind_error_ = SQLITE_OK;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string Statement::text(int column) const {
  const auto* data = sqlite3_column_text(statement_, column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  return data != nullptr ? std::string(reinterpret_cast<const char*>(data), size) : std::string();
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  return data != nullptr ? std::span(data, size) : std::span<const std::byte>();
}

}  // namespace kvasir::storage
