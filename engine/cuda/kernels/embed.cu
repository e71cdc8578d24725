#include "engine/cuda/device/each_type.cuh"
#include "engine/cuda/device/weight_row.cuh"
#include "engine/cuda/kernels/products.h"

namespace kvasir::engine::cuda {
namespace {

constexpr uint32_t kThreads = 128;

struct EmbedParams {
  float* out = nullptr;
  size_t out_stride = 0;
  DType type = DType::F32;
  uint32_t cols = 0;
  Planes table;
  const int32_t* ids = nullptr;
};

template <DType kType>
__device__ void embed_row(const EmbedParams& p) {
  constexpr uint32_t kValues = piece_values(kType);
  const Planes row = row_of<kType>(p.table, static_cast<size_t>(p.ids[blockIdx.x]), p.cols);
  float* const out = p.out + blockIdx.x * p.out_stride;
  for (uint32_t piece = threadIdx.x; piece * kValues < p.cols; piece += kThreads) {
    float values[kValues];
    decode_piece<kType>(load_raw_piece<kType>(row, piece, p.cols), piece, values);
    for (uint32_t i = 0; i < min(kValues, p.cols - piece * kValues); ++i)
      out[piece * kValues + i] = values[i];
  }
}

/// Grid {tokens}, 128 threads; a thread decodes pieces of its block's row.
__global__ void __launch_bounds__(kThreads) embed_kernel(EmbedParams p) {
  with_float_type(p.type, [&]<DType kType>() { embed_row<kType>(p); });
  with_quantised_type(p.type, [&]<DType kType>() { embed_row<kType>(p); });
}

}  // namespace

void embed(Stream& stream, float* out, size_t out_stride, const DeviceMatrix& table, const int32_t* ids,
           uint32_t tokens) {
  EmbedParams params;
  params.out = out;
  params.out_stride = out_stride;
  params.type = table.type;
  params.cols = table.cols;
  params.table = planes_of(table);
  params.ids = ids;
  stream.launch("embed", embed_kernel, dim3(tokens), dim3(kThreads), 0, params);
}

}  // namespace kvasir::engine::cuda
