#pragma once

#include "engine/base/result.h"
#include "engine/cuda/cuda_module.h"
#include "engine/cuda/stream.h"

#include <cuda_runtime.h>

#include <vector>

namespace kvasir::engine::cuda {

/// The oldest GPUs that kernels are built for.
constexpr int kLeastComputeCapability = 75;

/// What a failed call means to a person. CUDA's own words are added.
Error error_of(cudaError_t result);

/// Those that the kernels run on.
Result<std::vector<CudaDevice>> devices();
Result<DeviceLimits> limits_of(int device);

}  // namespace kvasir::engine::cuda
