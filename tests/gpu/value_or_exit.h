#pragma once

#include "engine/base/result.h"

#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace kvasir::engine::test {

/// The value, or the end of the process with the error's message: what is being checked is broken.
template <class T>
T value_or_exit(Result<T> result) {
  if (!result) {
    std::printf("FAILED  %s\n", result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace kvasir::engine::test
