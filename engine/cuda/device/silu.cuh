#pragma once

#include <cuda_runtime.h>

namespace kvasir::engine::cuda {

/// x · sigmoid(x)
__device__ inline float silu(float x) {
  return x / (1.0f + __expf(-x));
}

}  // namespace kvasir::engine::cuda
