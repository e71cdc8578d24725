#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace kvasir::storage {

enum class ErrorCode {
  Io,        ///< the operating system refused
  DiskFull,  ///< no space left
  Corrupt,   ///< bytes on disk are not what was written
  InUse,     ///< another process owns it
  TooNew,    ///< written by a newer version of Kvasir
  NotFound,
  BadRequest,  ///< the caller asked for something that cannot be done
};

/// What went wrong, as a sentence for a person: what happened, to which file, and what to do.
struct Error {
  ErrorCode code;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace kvasir::storage
