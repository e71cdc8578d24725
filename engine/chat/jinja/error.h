#pragma once

#include "engine/base/result.h"

#include <string>
#include <utility>

namespace kvasir::engine::jinja {

/// How parsing and rendering stop inside this folder, where nearly every line can fail. It never leaves it:
/// `Template` turns it into an Error with the line and column. An exception keeps the evaluator readable;
/// nothing is thrown where nothing is wrong.
struct Failure {
  ErrorCode code;
  std::string message;
};

/// A template does what it can't do, or something that is not supported.
[[noreturn]] inline void stop(std::string message) {
  throw Failure{ErrorCode::Unsupported, std::move(message)};
}

/// It takes more than its limits.
[[noreturn]] inline void stop_at_limit(const std::string& what) {
  throw Failure{ErrorCode::Unsupported, "it takes too much: " + what};
}

}  // namespace kvasir::engine::jinja
