#include "engine/cuda/device/divide_up.h"
#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/device/tile_product.cuh"
#include "engine/cuda/kernels/products_large.h"

#include <algorithm>
#include <array>

namespace kvasir::engine::cuda {
namespace {

/// A product with what its blocks must know.
struct LargeProduct {
  DType type = DType::F32;
  uint32_t cols = 0;
  uint32_t rows = 0;
  Planes weight;
  Bf16Rows in;
  float* out = nullptr;
  size_t out_token_stride = 0;
  size_t out_matrix_stride = 0;
  bool accumulate = false;
  uint32_t first_block = 0;  ///< of the grid's x
  uint32_t row_tiles = 0;    ///< of a matrix
};

struct LargeProductsParams {
  LargeProduct products[kMaxProducts];
  uint32_t count = 0;
  uint32_t tokens = 0;
  SortedSlots sorted;  ///< count 0: tokens as they come, for each matrix
};

/// Grid {row tiles of all matrices of all products, token tiles} or, for sorted slots, {row tiles, tiles of
/// slots}; 256 threads, 80 KiB of shared memory. Bound by the tensor cores: 2 · 128³ / 2 operations a step.
__global__ void __launch_bounds__(TileProduct::kThreads, 2)
    multiply_large_kernel(const __grid_constant__ LargeProductsParams p) {
  uint32_t index = 0;
  while (index + 1 < p.count && blockIdx.x >= p.products[index + 1].first_block) ++index;
  const LargeProduct& product = p.products[index];
  const uint32_t block = blockIdx.x - product.first_block;
  const uint32_t first_row = block % product.row_tiles * TileProduct::kRows;
  uint32_t matrix = block / product.row_tiles, in_matrix = matrix;
  uint32_t first = blockIdx.y * TileProduct::kTokens;
  uint32_t count = min(TileProduct::kTokens, p.tokens - first);
  if (p.sorted.count != 0) {
    if (blockIdx.y >= *p.sorted.tile_count) return;
    const ExpertTile tile = p.sorted.tiles[blockIdx.y];
    matrix = tile.expert, in_matrix = 0, first = tile.first, count = tile.count;
  }
  const TileActivations activations(product.in.data, product.in.pieces, count, [&](uint32_t row) {
    return (size_t{first + row} * product.in.matrices + in_matrix) * product.in.pieces;
  });
  const uint32_t row = first_row + threadIdx.x / 2;
  TileWeights weights(product.type, product.weight, product.cols, size_t{matrix} * product.rows + row,
                      row < product.rows);
  float sums[4][4][4] = {};
  multiply_tile<false>(activations, weights, product.cols, count, dynamic_shared<std::byte>(), sums);

  float* const out = product.out + in_matrix * product.out_matrix_stride + first_row;
#pragma unroll
  for (uint32_t m = 0; m < 4; ++m) {
#pragma unroll
    for (uint32_t later = 0; later < 2; ++later) {
      const uint32_t token = TileProduct::token(m) + 8 * later;
      if (token >= count) continue;
      const size_t out_token = p.sorted.count != 0 ? p.sorted.slots[first + token] : first + token;
#pragma unroll
      for (uint32_t n = 0; n < 4; ++n) {
#pragma unroll
        for (uint32_t i = 0; i < 2; ++i) {
          const uint32_t of_tile = TileProduct::row<false>(n) + i;
          if (first_row + of_tile >= product.rows) continue;
          float& to = out[out_token * product.out_token_stride + of_tile];
          const float sum = sums[m][n][2 * later + i];
          to = product.accumulate ? to + sum : sum;
        }
      }
    }
  }
}

struct ConvertParams {
  Bf16Conversion conversions[kMaxProducts];
  uint32_t tokens = 0;
};

/// Grid {blocks, conversions}, 256 threads; a thread rounds eight values at once.
__global__ void __launch_bounds__(256) convert_kernel(const __grid_constant__ ConvertParams p) {
  const Bf16Conversion& c = p.conversions[blockIdx.y];
  const uint32_t pieces = bf16_pieces(c.cols);
  const size_t count = size_t{p.tokens} * c.matrices * pieces;
  for (size_t i = size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count;
       i += size_t{gridDim.x} * blockDim.x) {
    const uint32_t piece = static_cast<uint32_t>(i % pieces);
    const size_t row = i / pieces;
    const float* const from =
        c.in + row / c.matrices * c.in_token_stride + row % c.matrices * c.in_matrix_stride + piece * 8;
    const bool aligned = reinterpret_cast<size_t>(from) % 16 == 0;
    const uint32_t left = c.cols - piece * 8;
    const float4 low = load_four(from, aligned, left);
    const float4 high = load_four(from + 4, aligned, left > 4 ? left - 4 : 0);
    c.to[i] = make_uint4(pack_bf16(low.x, low.y), pack_bf16(low.z, low.w), pack_bf16(high.x, high.y),
                         pack_bf16(high.z, high.w));
  }
}

LargeProduct large_product(const DeviceMatrix& weight, const Bf16Rows& in) {
  LargeProduct product;
  product.type = weight.type;
  product.cols = weight.cols;
  product.rows = weight.rows;
  product.weight = planes_of(weight);
  product.in = in;
  product.row_tiles = divide_up(weight.rows, TileProduct::kRows);
  return product;
}

LargeProduct large_product(const Product& product, const Bf16Rows& in) {
  LargeProduct made = large_product(product.weight, in);
  made.out = product.out;
  made.out_token_stride = product.out_token_stride;
  made.out_matrix_stride = product.out_matrix_stride;
  made.accumulate = product.accumulate;
  return made;
}

void launch_tiles(Stream& stream, const LargeProductsParams& params, dim3 grid) {
  stream.launch("multiply_large", multiply_large_kernel, grid, dim3(TileProduct::kThreads),
                TileProduct::kSharedBytes, params);
}

uint32_t token_tiles(uint32_t tokens) {
  return divide_up(tokens, TileProduct::kTokens);
}

bool is_same_input(const Bf16Conversion& conversion, const Product& product) {
  return conversion.in == product.in && conversion.in_token_stride == product.in_token_stride &&
         conversion.in_matrix_stride == product.in_matrix_stride &&
         conversion.matrices == product.weight.matrices && conversion.cols == product.weight.cols;
}

}  // namespace

void convert_to_bf16(Stream& stream, std::span<const Bf16Conversion> conversions, uint32_t tokens) {
  constexpr uint32_t kThreads = 256;
  constexpr size_t kMostBlocks = 4096;
  ConvertParams params;
  params.tokens = tokens;
  std::ranges::copy(conversions, params.conversions);
  size_t pieces = 0;
  for (const Bf16Conversion& c : conversions)
    pieces = std::max(pieces, size_t{tokens} * c.matrices * bf16_pieces(c.cols));
  const size_t blocks = std::min((pieces + kThreads - 1) / kThreads, kMostBlocks);
  stream.launch("convert_to_bf16", convert_kernel,
                dim3(static_cast<uint32_t>(blocks), static_cast<uint32_t>(conversions.size())),
                dim3(kThreads), 0, params);
}

void multiply_large(Stream& stream, Workspace workspace, std::span<const Product> products, uint32_t tokens) {
  WorkspaceCutter cutter(workspace.data);
  std::array<Bf16Conversion, kMaxProducts> conversions;
  size_t converted = 0;
  LargeProductsParams params;
  params.count = static_cast<uint32_t>(products.size());
  params.tokens = tokens;
  uint32_t blocks = 0;
  for (size_t i = 0; i < products.size(); ++i) {
    const Product& product = products[i];
    const DeviceMatrix& weight = product.weight;
    // Products of one input share its conversion.
    size_t same = 0;
    while (same < converted && !is_same_input(conversions[same], product)) ++same;
    if (same == converted)
      conversions[converted++] = {
          cutter.take<uint4>(size_t{tokens} * weight.matrices * bf16_pieces(weight.cols)),
          product.in,
          product.in_token_stride,
          product.in_matrix_stride,
          weight.matrices,
          weight.cols};
    params.products[i] = large_product(product, conversions[same].rows());
    params.products[i].first_block = blocks;
    blocks += weight.matrices * params.products[i].row_tiles;
  }
  convert_to_bf16(stream, {conversions.data(), converted}, tokens);
  launch_tiles(stream, params, dim3(blocks, token_tiles(tokens)));
}

size_t multiply_workspace_bytes(uint32_t max_tokens, uint64_t max_in) {
  // The other modes need none.
  WorkspaceCutter cutter(nullptr);
  for (size_t i = 1; i < kMaxProducts; ++i) cutter.take<std::byte>(1);  // a cut's end each
  cutter.take<uint16_t>(max_tokens * max_in);
  return cutter.used();
}

void multiply_bf16(Stream& stream, const Product& product, const Bf16Rows& in, uint32_t tokens) {
  LargeProductsParams params;
  params.count = 1;
  params.tokens = tokens;
  params.products[0] = large_product(product, in);
  launch_tiles(stream, params,
               dim3(product.weight.matrices * params.products[0].row_tiles, token_tiles(tokens)));
}

void multiply_slots(Stream& stream, const DeviceMatrix& weight, const Bf16Rows& in, const SortedSlots& sorted,
                    float* out) {
  LargeProductsParams params;
  params.count = 1;
  params.products[0] = large_product(weight, in);
  params.products[0].out = out;
  params.products[0].out_token_stride = weight.rows;
  params.sorted = sorted;
  launch_tiles(stream, params, dim3(params.products[0].row_tiles, sorted.most_tiles));
}

}  // namespace kvasir::engine::cuda
