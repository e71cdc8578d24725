#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#if defined(KVASIR_EMULATED_CUDA)
#include "tests/support/emulated_cuda/block_runner.h"
#endif

// What the threads of a warp and of a block compute together. Sums and maxima are taken in one fixed order
// and reach every lane or thread that takes part. All lanes of the warp, or threads of the block, must call.

namespace kvasir::engine::cuda {

constexpr int kWarp = 32;
constexpr uint32_t kAllLanes = 0xffffffffu;

/// The block's dynamic shared memory, aligned to 16 bytes. Every call gives the same memory.
template <class T>
__device__ __forceinline__ T* dynamic_shared() {
#if defined(KVASIR_EMULATED_CUDA)
  return static_cast<T*>(emulated_cuda::dynamic_shared());
#else
  extern __shared__ __align__(16) unsigned char kvasir_dynamic_shared[];
  return reinterpret_cast<T*>(kvasir_dynamic_shared);
#endif
}

/// Over aligned groups of `Lanes` lanes, a power of two.
template <int Lanes>
__device__ __forceinline__ float warp_sum(float value) {
  static_assert(Lanes > 0 && Lanes <= kWarp && (Lanes & (Lanes - 1)) == 0);
#pragma unroll
  for (int distance = Lanes / 2; distance > 0; distance /= 2)
    value += __shfl_xor_sync(kAllLanes, value, distance);
  return value;
}
__device__ __forceinline__ float warp_sum(float value) {
  return warp_sum<kWarp>(value);
}

/// NaN counts as nothing.
template <int Lanes>
__device__ __forceinline__ float warp_max(float value) {
  static_assert(Lanes > 0 && Lanes <= kWarp && (Lanes & (Lanes - 1)) == 0);
#pragma unroll
  for (int distance = Lanes / 2; distance > 0; distance /= 2)
    value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, distance));
  return value;
}
__device__ __forceinline__ float warp_max(float value) {
  return warp_max<kWarp>(value);
}

namespace detail {

/// Each warp's value by lane: warp i's in lane i, `rest` in lanes beyond the block's warps. For blocks of one
/// dimension and of whole warps.
__device__ __forceinline__ float values_of_warps(float value, float rest) {
  __shared__ float values[kWarp];
  const unsigned lane = threadIdx.x % kWarp;
  // The last use of the array is over when all threads have come here.
  __syncthreads();
  if (lane == 0) values[threadIdx.x / kWarp] = value;
  __syncthreads();
  return lane < blockDim.x / kWarp ? values[lane] : rest;
}

}  // namespace detail

/// Over the block: one dimension, whole warps, up to 1024 threads.
__device__ __forceinline__ float block_sum(float value) {
  return warp_sum(detail::values_of_warps(warp_sum(value), 0.0f));
}
/// The same; NaN counts as nothing.
__device__ __forceinline__ float block_max(float value) {
  return warp_max(detail::values_of_warps(warp_max(value), -__int_as_float(0x7f800000)));
}

}  // namespace kvasir::engine::cuda
