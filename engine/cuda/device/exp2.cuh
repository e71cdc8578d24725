#pragma once

#include <cuda_runtime.h>

#include <cfloat>

namespace kvasir::engine::cuda {

/// 2^x, 0 where that is below the least normal number: one instruction, which exp2f has others around.
__device__ __forceinline__ float exp2_or_zero(float x) {
#if defined(KVASIR_EMULATED_CUDA)
  const float power = exp2f(x);
  return power < FLT_MIN ? 0.0f : power;
#else
  float power;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
  return power;
#endif
}

}  // namespace kvasir::engine::cuda
