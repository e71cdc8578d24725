#pragma once

#include "engine/base/result.h"
#include "engine/ops/backend.h"

#include <memory>

namespace kvasir::engine::test {

/// The backend that the checks are about. Device with the reason where this machine has nothing to run it on.
Result<std::unique_ptr<Backend>> make_backend_under_test(Arithmetic arithmetic);

}  // namespace kvasir::engine::test
