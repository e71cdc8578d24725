#pragma once

#include "engine/base/result.h"

namespace kvasir::engine::cuda {

/// See CudaModule.
Result<double> copy_bandwidth();

}  // namespace kvasir::engine::cuda
