#pragma once

#include "tests/support/emulated_cuda/block_runner.h"

#include <cstdint>

// What engine/cuda/device/tensor_core.cuh has PTX for.

namespace emulated_cuda {

/// d = a b + c for A {16, 16} by rows, B {16, 8} by columns, C {16, 8}, in mma.m16n8k16's fragments.
void mma_m16n8k16_f16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);
void mma_m16n8k16_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);

/// ldmatrix: `matrices` (2 or 4) matrices of 8 rows of 16 bytes; lane 8i + j gives the address of row j of
/// matrix i, and gets its part of each matrix.
void load_matrices(uint32_t* registers, unsigned matrices, const void* row, bool transposed);

}  // namespace emulated_cuda
