#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cuda {

/// Values that one load of 16 bytes brings.
inline constexpr uint32_t kQuad = 4;

/// Whether rows of `cols` floats, `stride` apart, can be read and written in whole quads.
inline bool in_quads(const float* rows, size_t stride, uint32_t cols) {
  return reinterpret_cast<uintptr_t>(rows) % sizeof(float4) == 0 && stride % kQuad == 0 && cols % kQuad == 0;
}

/// Values [i, i + 4) of a row of `cols`, with zeros beyond its end.
template <bool kWholeQuads>
__device__ inline float4 load_quad(const float* row, uint32_t i, uint32_t cols) {
  if (i >= cols) return make_float4(0, 0, 0, 0);
  if constexpr (kWholeQuads)
    return *reinterpret_cast<const float4*>(row + i);
  else
    return make_float4(row[i], i + 1 < cols ? row[i + 1] : 0, i + 2 < cols ? row[i + 2] : 0,
                       i + 3 < cols ? row[i + 3] : 0);
}

template <bool kWholeQuads>
__device__ inline void store_quad(float* row, uint32_t i, uint32_t cols, float4 quad) {
  if (i >= cols) return;
  if constexpr (kWholeQuads) {
    *reinterpret_cast<float4*>(row + i) = quad;
  } else {
    row[i] = quad.x;
    if (i + 1 < cols) row[i + 1] = quad.y;
    if (i + 2 < cols) row[i + 2] = quad.z;
    if (i + 3 < cols) row[i + 3] = quad.w;
  }
}

/// sum + a · b, one component after another.
__device__ inline float fma_quad(float4 a, float4 b, float sum) {
  return fmaf(a.w, b.w, fmaf(a.z, b.z, fmaf(a.y, b.y, fmaf(a.x, b.x, sum))));
}

}  // namespace kvasir::engine::cuda
