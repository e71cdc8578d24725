#pragma once

// CUDA's words on functions and variables, for a plain C++ compiler.
#define __host__
#define __device__
#define __global__
#define __constant__
#define __grid_constant__
// One block runs at a time: see block_runner.h.
#define __shared__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
