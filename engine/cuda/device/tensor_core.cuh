#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>

#if defined(KVASIR_EMULATED_CUDA)
#include "tests/support/emulated_cuda/device.h"
#include "tests/support/emulated_cuda/tensor_core.h"
#endif

// Tensor cores and what feeds them; the names and register layouts are PTX's. All 32 lanes of a warp must
// call the matrix operations.

namespace kvasir::engine::cuda {

/// Types of a product's factors.
struct F16 {};
struct Bf16 {};

/// c += a b: A {16, 16} by rows, B {16, 8} by columns, C {16, 8} in float32. With group = lane / 4 and
/// place = 2 · (lane % 4), registers hold two neighbouring values, the lower in the low half:
///   a[0] = A[group][place…], a[1] = A[group + 8][place…], a[2] and a[3] the same rows at place + 8,
///   b[0] = B[place…][group], b[1] = B[place + 8…][group],
///   c[0], c[1] = C[group][place…], c[2], c[3] = C[group + 8][place…].
/// Bf16 needs compute capability 8.0 and traps below.
__device__ __forceinline__ void mma_m16n8k16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                                             F16) {
#if defined(KVASIR_EMULATED_CUDA)
  emulated_cuda::mma_m16n8k16_f16(c, a, b);
#elif __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, "
      "%1, "
      "%2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  // Turing multiplies half as deep: m16n8k8's fragments are the halves of these.
#pragma unroll
  for (int half = 0; half < 2; ++half)
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[2 * half]), "r"(a[2 * half + 1]), "r"(b[half]));
#endif
}
__device__ __forceinline__ void mma_m16n8k16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                                             Bf16) {
#if defined(KVASIR_EMULATED_CUDA)
  emulated_cuda::mma_m16n8k16_bf16(c, a, b);
#elif __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, "
      "%2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  __trap();
#endif
}

#if !defined(KVASIR_EMULATED_CUDA)
namespace detail {

/// An address as PTX names places in shared memory.
__device__ __forceinline__ uint32_t shared_address(const void* shared) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(shared));
}

}  // namespace detail
#endif

/// Loads four matrices {8, 8} of 16-bit values from shared memory: lane 8i + j gives the address, aligned to
/// 16 bytes, of row j of matrix i. r[i] is then row lane / 4 of matrix i at column 2 · (lane % 4) and the
/// next.
__device__ __forceinline__ void ldmatrix_x4(uint32_t (&r)[4], const void* shared_row) {
#if defined(KVASIR_EMULATED_CUDA)
  emulated_cuda::load_matrices(r, 4, shared_row, false);
#else
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(detail::shared_address(shared_row))
               : "memory");
#endif
}
/// Two matrices: the addresses that lanes 16 and up give are not used.
__device__ __forceinline__ void ldmatrix_x2(uint32_t (&r)[2], const void* shared_row) {
#if defined(KVASIR_EMULATED_CUDA)
  emulated_cuda::load_matrices(r, 2, shared_row, false);
#else
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(detail::shared_address(shared_row))
               : "memory");
#endif
}
/// Each matrix transposed on the way: r[i] is column lane / 4 of matrix i at row 2 · (lane % 4) and the next.
__device__ __forceinline__ void ldmatrix_x4_trans(uint32_t (&r)[4], const void* shared_row) {
#if defined(KVASIR_EMULATED_CUDA)
  emulated_cuda::load_matrices(r, 4, shared_row, true);
#else
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(detail::shared_address(shared_row))
               : "memory");
#endif
}
__device__ __forceinline__ void ldmatrix_x2_trans(uint32_t (&r)[2], const void* shared_row) {
#if defined(KVASIR_EMULATED_CUDA)
  emulated_cuda::load_matrices(r, 2, shared_row, true);
#else
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(detail::shared_address(shared_row))
               : "memory");
#endif
}

/// Begins to copy 16 bytes, both sides aligned to 16, to shared memory; zeros where not `valid`, and then
/// `global` is not read. They are there for this thread after `copy_async_wait`, for others after a barrier
/// behind that. Copies at once on compute capability 7.5.
__device__ __forceinline__ void copy_async_16(void* shared, const void* global, bool valid) {
#if defined(KVASIR_EMULATED_CUDA)
  emulated_cuda::async_copies().begin(shared, valid ? global : nullptr);
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;"
               :
               : "r"(detail::shared_address(shared)), "l"(__cvta_generic_to_global(global)),
                 "r"(valid ? 16 : 0)
               : "memory");
#else
  *static_cast<uint4*>(shared) = valid ? *static_cast<const uint4*>(global) : make_uint4(0, 0, 0, 0);
#endif
}
/// Makes a group of the copies that this thread has begun since the last group.
__device__ __forceinline__ void copy_async_commit() {
#if defined(KVASIR_EMULATED_CUDA)
  emulated_cuda::async_copies().commit();
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
/// Waits until at most `Pending` of this thread's groups, the newest, are still under way.
template <int Pending>
__device__ __forceinline__ void copy_async_wait() {
#if defined(KVASIR_EMULATED_CUDA)
  emulated_cuda::async_copies().wait(Pending);
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" : : "n"(Pending) : "memory");
#endif
}

}  // namespace kvasir::engine::cuda
