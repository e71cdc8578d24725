#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/each_type.cuh"
#include "engine/cuda/device/row_product.cuh"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/kernels/products.h"
#include "engine/cuda/kernels/products_large.h"

#include <algorithm>
#include <cassert>

// Products row by row, for few tokens: every byte of the weights is loaded once for up to eight tokens, and
// the memory is what limits. Products for many tokens: products_large.cu.

namespace kvasir::engine::cuda {
namespace {

constexpr uint32_t kThreads = 256;
constexpr uint32_t kWarps = kThreads / 32;
/// Tokens of a pass, each of which is a variant of the kernel: for one token, and for more of them.
constexpr uint32_t kMostTokensOfSmall = 8;
constexpr uint32_t kMostTokensOfExact = 4;

/// A Product with what its blocks must know.
struct RowProduct {
  DType type = DType::F32;
  uint32_t cols = 0;
  uint32_t rows = 0;
  Planes weight;
  FloatRows in;
  size_t in_matrix_stride = 0;
  float* out = nullptr;
  size_t out_token_stride = 0;
  size_t out_matrix_stride = 0;
  bool accumulate = false;
  uint32_t first_block = 0;  ///< of the grid's x
  uint32_t blocks_of_matrix = 0;
};

struct RowProductsParams {
  RowProduct products[kMaxProducts];
  uint32_t count = 0;
  uint32_t tokens = 0;
  uint32_t tokens_of_pass = 0;
};

/// One matrix's product with one pass's tokens.
template <int kTokens>
struct Pass {
  const RowProduct& product;
  uint32_t matrix;
  uint32_t block;  ///< of the matrix
  uint32_t first_token;
  uint32_t tokens;

  /// Rows that a group of lanes takes at once: more of them load the activations fewer times.
  static constexpr int kRows = kTokens == kMostTokensOfSmall ? 2 : 1;

  __device__ FloatRows in() const {
    FloatRows rows = product.in;
    rows.data += first_token * rows.stride + matrix * product.in_matrix_stride;
    return rows;
  }

  /// Calls add(weight rows, lane, sums) for the rows of this warp and stores what it adds up.
  template <DType kType, class Add>
  __device__ void each_row(const Add& add) const {
    const uint32_t lanes = lanes_of_row(kType, product.cols);
    const uint32_t groups = 32 / lanes, group = threadIdx.x % 32 / lanes;
    const LaneOfRow lane{threadIdx.x % lanes, lanes};
    const uint32_t rows_of_warp = kRows * groups;
    const uint32_t step = product.blocks_of_matrix * kWarps * rows_of_warp;
    for (uint32_t first = (block * kWarps + threadIdx.x / 32) * rows_of_warp; first < product.rows;
         first += step) {
      Planes rows[kRows];
      float sums[kRows][kTokens] = {};
#pragma unroll
      for (uint32_t r = 0; r < kRows; ++r) {
        const uint32_t row = min(first + r * groups + group, product.rows - 1);
        rows[r] = row_of<kType>(product.weight, size_t{matrix} * product.rows + row, product.cols);
      }
      add(rows, lane, sums);
#pragma unroll
      for (uint32_t r = 0; r < kRows; ++r) store(first + r * groups + group, lane, sums[r]);
    }
  }

  /// Of the warp's rows, the first.
  __device__ void prefetch() const {
    const uint32_t groups = 32 / lanes_of_row(product.type, product.cols), rows = kRows * groups;
    const uint32_t first = (block * kWarps + threadIdx.x / 32) * rows;
    if (first < product.rows)
      prefetch_rows(product.type, product.weight, size_t{matrix} * product.rows + first,
                    min(rows, product.rows - first), product.cols);
  }

  __device__ void store(uint32_t row, LaneOfRow lane, const float (&sums)[kTokens]) const {
    float* const out = product.out + matrix * product.out_matrix_stride + row;
#pragma unroll
    for (uint32_t t = 0; t < kTokens; ++t) {
      if (t >= tokens) break;
      const float sum = sum_of_lanes(sums[t], lane.count);
      if (lane.index != 0 || row >= product.rows) continue;
      float& to = out[(first_token + t) * product.out_token_stride];
      to = product.accumulate ? to + sum : sum;
    }
  }
};

/// Grid {blocks of all matrices of all products, passes}, 256 threads. A block quantises its matrix's input
/// (kSmall; {tokens of a pass} rows of shared memory), then each warp takes rows, one or a few at once. Bound
/// by memory: the weights' bytes once for each pass.
template <bool kSmall, int kTokens>
__global__ void __launch_bounds__(kThreads, kTokens == 1 ? 4 : 2) multiply_kernel(RowProductsParams p) {
  uint32_t index = 0;
  while (index + 1 < p.count && blockIdx.x >= p.products[index + 1].first_block) ++index;
  const RowProduct& product = p.products[index];
  const uint32_t block = blockIdx.x - product.first_block;
  const uint32_t first_token = blockIdx.y * p.tokens_of_pass;
  const uint32_t tokens = min(p.tokens_of_pass, p.tokens - first_token);
  const Pass<kTokens> pass{product, block / product.blocks_of_matrix, block % product.blocks_of_matrix,
                           first_token, tokens};
  const FloatRows in = pass.in();
  const auto with_floats = [&]<DType kType>() {
    pass.template each_row<kType>([&](const auto& rows, LaneOfRow lane, auto& sums) {
      add_float_products<kType>(rows, lane, product.cols, in, tokens, sums);
    });
  };
  with_float_type(product.type, with_floats);
  if (!is_in_planes(product.type)) return;
  if constexpr (kSmall) {
    pass.prefetch();
    const QuantisedRows codes{dynamic_shared<std::byte>(), product.cols / kUnit};
    quantise_rows(codes, in, tokens);
    with_quantised_type(product.type, [&]<DType kType>() {
      pass.template each_row<kType>([&](const auto& rows, LaneOfRow lane, auto& sums) {
        add_quantised_products<kType>(rows, lane, codes, tokens, sums);
      });
    });
  } else {
    with_quantised_type(product.type, with_floats);
  }
}

RowProduct row_product(const Product& product) {
  RowProduct made;
  made.type = product.weight.type;
  made.cols = product.weight.cols;
  made.rows = product.weight.rows;
  made.weight = planes_of(product.weight);
  made.in = {product.in, product.in_token_stride,
             is_aligned(product.in, product.in_token_stride, product.in_matrix_stride)};
  made.in_matrix_stride = product.in_matrix_stride;
  made.out = product.out;
  made.out_token_stride = product.out_token_stride;
  made.out_matrix_stride = product.out_matrix_stride;
  made.accumulate = product.accumulate;
  return made;
}

/// Shares about as many blocks as the device runs at once out among the products: a block that takes several
/// rows quantises their input once. Returns how many there are in all.
uint32_t share_out_blocks(std::span<const Product> products, const DeviceLimits& limits,
                          RowProductsParams& params) {
  constexpr uint32_t kBlocksOfMultiprocessor = 4;
  const uint64_t most = uint64_t{limits.multiprocessors} * kBlocksOfMultiprocessor;
  const auto useful = [](const Product& product) {  // of one matrix
    const uint32_t lanes = lanes_of_row(product.weight.type, product.weight.cols);
    return uint64_t{divide_up(product.weight.rows, kWarps * (32 / lanes))};
  };
  uint64_t all_useful = 0;
  for (const Product& product : products) all_useful += useful(product) * product.weight.matrices;
  uint32_t blocks = 0;
  for (size_t i = 0; i < products.size(); ++i) {
    const uint64_t wanted = useful(products[i]);
    const uint64_t share = all_useful <= most ? wanted : (wanted * most + all_useful - 1) / all_useful;
    params.products[i].first_block = blocks;
    params.products[i].blocks_of_matrix = static_cast<uint32_t>(share);
    blocks += params.products[i].blocks_of_matrix * products[i].weight.matrices;
  }
  return blocks;
}

void multiply_rows(Stream& stream, std::span<const Product> products, uint32_t tokens, bool small) {
  RowProductsParams params;
  params.count = static_cast<uint32_t>(products.size());
  params.tokens = tokens;
  params.tokens_of_pass = small ? kMostTokensOfSmall : kMostTokensOfExact;
  size_t row_bytes = 0;
  for (size_t i = 0; i < products.size(); ++i) {
    params.products[i] = row_product(products[i]);
    if (small && is_in_planes(products[i].weight.type))
      row_bytes = std::max(row_bytes, QuantisedRows::row_bytes(products[i].weight.cols / kUnit));
  }
  if (row_bytes != 0)
    params.tokens_of_pass = static_cast<uint32_t>(
        std::clamp<size_t>(stream.limits().shared_bytes_per_block / row_bytes, 1, kMostTokensOfSmall));
  const uint32_t blocks = share_out_blocks(products, stream.limits(), params);
  const dim3 grid(blocks, divide_up(tokens, params.tokens_of_pass));
  const size_t shared_bytes = row_bytes * std::min(params.tokens_of_pass, tokens);
  const auto launch = [&](auto kernel) {
    stream.launch("multiply", kernel, grid, dim3(kThreads), shared_bytes, params);
  };
  if (!small)
    launch(multiply_kernel<false, kMostTokensOfExact>);
  else if (tokens == 1)
    launch(multiply_kernel<true, 1>);
  else
    launch(multiply_kernel<true, kMostTokensOfSmall>);
}

}  // namespace

void multiply(Stream& stream, Workspace workspace, std::span<const Product> products, uint32_t tokens,
              ProductMode mode) {
  assert(products.size() <= kMaxProducts);
  if (mode == ProductMode::Large)
    multiply_large(stream, workspace, products, tokens);
  else
    multiply_rows(stream, products, tokens, mode == ProductMode::Small);
}

}  // namespace kvasir::engine::cuda
