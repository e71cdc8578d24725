#pragma once

/// Marks a function that kernels and the host both call. Such functions are plain C++: tests run them on the
/// host against the scalar backend.
#if defined(__CUDACC__) || defined(KVASIR_EMULATED_CUDA)
#include <cuda_runtime.h>
#define KVASIR_HOST_DEVICE __host__ __device__
#else
#define KVASIR_HOST_DEVICE
#endif
