#pragma once

#include <string>
#include <tl/expected.hpp>

namespace kvasir::app {

/// A sentence for a person. Above the libraries only the words matter.
using Failure = std::string;

template <class T>
using Outcome = tl::expected<T, Failure>;

/// The libraries' errors lose their codes here: `failure(result)`.
template <class ExpectedLike>
tl::unexpected<Failure> failure(const ExpectedLike& result) {
  return tl::unexpected<Failure>(result.error().message);
}

}  // namespace kvasir::app
