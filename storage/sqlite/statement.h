#pragma once

#include "storage/base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3_stmt;

namespace kvasir::storage {

/// One prepared statement. Parameters count from 1, columns from 0, as in SQLite. What is bound is copied.
/// A failed bind is reported by the next `step` or `run`. For one thread, and not beyond its Database's life.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  void bind(int index, int64_t value);
  void bind(int index, double value);
  void bind(int index, std::string_view value);
  void bind(int index, std::span<const std::byte> value);  ///< an empty one is an empty blob, not NULL
  void bind_null(int index);
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind_null(index);
    }
  }
  /// Binds 1, 2, 3, … in order.
  template <class... Values>
  void bind_all(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
  }

  /// True where there is a row to read, false at the end.
  Result<bool> step();
  /// Steps to the end, for statements whose rows do not matter.
  Result<void> run();
  /// Ready to be bound and stepped again.
  void reset();

  /// Columns of the current row, converted by SQLite's rules; valid until the next step.
  bool is_null(int column) const;
  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::span<const std::byte> blob(int column) const;

 private:
  void note(int code);

  sqlite3_stmt* statement_;
  int bind_error_ = 0;
};

}  // namespace kvasir::storage
