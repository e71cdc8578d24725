#pragma once

#include "engine/base/result.h"
#include "engine/cuda/cuda_module.h"
#include "engine/ops/backend.h"

#include <memory>

namespace kvasir::engine::test {

/// What the checked backend computes on. Device with the reason where this machine has nothing of the kind.
Result<CudaDevice> device_under_test();
/// The backend that the checks are about, on that device.
Result<std::unique_ptr<Backend>> make_backend_under_test(Arithmetic arithmetic);

}  // namespace kvasir::engine::test
