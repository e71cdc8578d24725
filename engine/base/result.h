#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace kvasir::engine {

enum class ErrorCode {
  BadFile,      ///< a file's bytes are not what they claim to be
  Unsupported,  ///< well-formed, but of a kind that this version does not run
  BadRequest,   ///< the caller asked for something that cannot be done
  OutOfMemory,
  Io,      ///< the operating system refused to read, map or write
  Device,  ///< a GPU failed, or can't be used
  Cancelled,
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

}  // namespace kvasir::engine
