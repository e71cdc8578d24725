// The kernels over one instruction set, written on `Simd`, which the including translation unit defines in
// its anonymous namespace before this:
//   kLanes, kTileTokens (tokens per register tile), F (a vector of kLanes floats); load, store, load_n and
//   store_n (the first n lanes; absent ones load as 0), load_f16, load_f16_n, load_bf16, load_bf16_n,
//   load_i8, f16 (one half), store_f16_n, set1, add, sub, mul, div, max, fma (a·b + c), sum4 (four vectors'
//   pairwise lane sums), max_lane, zero_below (x, limit, y: 0 where x < limit, else y) and scale_by_power
//   (see exp).
// No include guard: a translation unit includes it once.

#include <cstring>

namespace kvasir::engine::cpu {
namespace {

using F = Simd::F;
constexpr uint32_t kLanes = Simd::kLanes;
constexpr uint32_t kRows = 4;  ///< rows per register tile
/// Up to this many tokens weights are converted in registers, above it once into a float tile.
constexpr uint32_t kDirectTokens = 2;

// How a row of each weight type becomes vectors: `step` elements at a time, sharing what `block` returns.
struct WeightF32 {
  static constexpr uint32_t kStep = kLanes;
  static F block(const std::byte*, uint32_t) { return Simd::set1(0.0f); }
  static F load(const std::byte* row, uint32_t k, F) { return Simd::load(row + size_t{k} * 4); }
  static F load_n(const std::byte* row, uint32_t k, uint32_t n) {
    return Simd::load_n(row + size_t{k} * 4, n);
  }
};

struct WeightF16 {
  static constexpr uint32_t kStep = kLanes;
  static F block(const std::byte*, uint32_t) { return Simd::set1(0.0f); }
  static F load(const std::byte* row, uint32_t k, F) { return Simd::load_f16(row + size_t{k} * 2); }
  static F load_n(const std::byte* row, uint32_t k, uint32_t n) {
    return Simd::load_f16_n(row + size_t{k} * 2, n);
  }
};

struct WeightBf16 {
  static constexpr uint32_t kStep = kLanes;
  static F block(const std::byte*, uint32_t) { return Simd::set1(0.0f); }
  static F load(const std::byte* row, uint32_t k, F) { return Simd::load_bf16(row + size_t{k} * 2); }
  static F load_n(const std::byte* row, uint32_t k, uint32_t n) {
    return Simd::load_bf16_n(row + size_t{k} * 2, n);
  }
};

/// Blocks of 34 bytes: one half, the scale, then 32 signed bytes. Scale times byte has at most 19 significant
/// bits, so it is exact in float32.
struct WeightQ80 {
  static constexpr uint32_t kStep = 32;
  static F block(const std::byte* row, uint32_t k) {
    return Simd::set1(Simd::f16(row + size_t{k} / 32 * 34));
  }
  static F load(const std::byte* row, uint32_t k, F scale) {
    return Simd::mul(scale, Simd::load_i8(row + size_t{k} / 32 * 34 + 2 + k % 32));
  }
  static F load_n(const std::byte*, uint32_t, uint32_t) { return Simd::set1(0.0f); }  // rows have no rest
};

/// `Rows` rows from `weights` against `Tokens` tokens from `token`, to column `out_row` of their outputs.
template <class Weight, uint32_t Rows, uint32_t Tokens>
void tile(const Gemm& g, const std::byte* weights, size_t stride, uint32_t out_row, uint32_t token) {
  const std::byte* w[Rows];
  const float* x[Tokens];
  F acc[Tokens][kRows];
#pragma GCC unroll 8
  for (uint32_t r = 0; r < Rows; ++r) w[r] = weights + r * stride;
#pragma GCC unroll 8
  for (uint32_t t = 0; t < Tokens; ++t) {
    x[t] = g.in[token + t];
#pragma GCC unroll 8
    for (uint32_t r = 0; r < kRows; ++r) acc[t][r] = Simd::set1(0.0f);
  }

  uint32_t k = 0;
  for (; k + Weight::kStep <= g.cols; k += Weight::kStep) {
    F block[Rows];
#pragma GCC unroll 8
    for (uint32_t r = 0; r < Rows; ++r) block[r] = Weight::block(w[r], k);
#pragma GCC unroll 8
    for (uint32_t v = 0; v < Weight::kStep; v += kLanes) {
      F xs[Tokens];
#pragma GCC unroll 8
      for (uint32_t t = 0; t < Tokens; ++t) xs[t] = Simd::load(x[t] + k + v);
#pragma GCC unroll 8
      for (uint32_t r = 0; r < Rows; ++r) {
        const F ws = Weight::load(w[r], k + v, block[r]);
#pragma GCC unroll 8
        for (uint32_t t = 0; t < Tokens; ++t) acc[t][r] = Simd::fma(ws, xs[t], acc[t][r]);
      }
    }
  }
  if (k < g.cols) {
    const uint32_t n = g.cols - k;
#pragma GCC unroll 8
    for (uint32_t r = 0; r < Rows; ++r) {
      const F ws = Weight::load_n(w[r], k, n);
#pragma GCC unroll 8
      for (uint32_t t = 0; t < Tokens; ++t) acc[t][r] = Simd::fma(ws, Simd::load_n(x[t] + k, n), acc[t][r]);
    }
  }

#pragma GCC unroll 8
  for (uint32_t t = 0; t < Tokens; ++t) {
    float sums[kRows];
    Simd::sum4(acc[t][0], acc[t][1], acc[t][2], acc[t][3], sums);
    float* out = g.out[token + t] + out_row;
#pragma GCC unroll 8
    for (uint32_t r = 0; r < Rows; ++r) out[r] = g.accumulate ? out[r] + sums[r] : sums[r];
  }
}

using TileFunction = void (*)(const Gemm&, const std::byte*, size_t, uint32_t, uint32_t);

template <class Weight, uint32_t Tokens>
struct TilesByRows {
  static constexpr TileFunction kFunctions[kRows] = {tile<Weight, 1, Tokens>, tile<Weight, 2, Tokens>,
                                                     tile<Weight, 3, Tokens>, tile<Weight, 4, Tokens>};
};

template <class Weight, uint32_t Tokens>
TileFunction tile_function(uint32_t rows, uint32_t tokens) {
  if constexpr (Tokens > 1) {
    if (tokens < Tokens) return tile_function<Weight, Tokens - 1>(rows, tokens);
  }
  return TilesByRows<Weight, Tokens>::kFunctions[rows - 1];
}

/// `rows` rows from `weights`, in register tiles of at most kRows × Tokens: all rows for some tokens before
/// the next tokens, as the rows stay in the cache.
template <class Weight, uint32_t Tokens>
void gemm_tiles(const Gemm& g, const std::byte* weights, size_t stride, uint32_t rows, uint32_t out_row) {
  for (uint32_t token = 0; token < g.tokens; token += Tokens) {
    const uint32_t tokens = g.tokens - token < Tokens ? g.tokens - token : Tokens;
    for (uint32_t row = 0; row < rows; row += kRows) {
      const uint32_t count = rows - row < kRows ? rows - row : kRows;
      tile_function<Weight, Tokens>(count, tokens)(g, weights + row * stride, stride, out_row + row, token);
    }
  }
}

template <class Weight>
void dequantize_as(const std::byte* row, uint32_t cols, float* out) {
  uint32_t k = 0;
  for (; k + Weight::kStep <= cols; k += Weight::kStep) {
    const F block = Weight::block(row, k);
#pragma GCC unroll 8
    for (uint32_t v = 0; v < Weight::kStep; v += kLanes)
      Simd::store(out + k + v, Weight::load(row, k + v, block));
  }
  if (k < cols) Simd::store_n(out + k, cols - k, Weight::load_n(row, k, cols - k));
}

template <class Weight>
void gemm_as(const Gemm& g, uint32_t first_row, uint32_t end_row, float* scratch) {
  for (uint32_t row = first_row; row < end_row; row += kTileRows) {
    const uint32_t rows = end_row - row < kTileRows ? end_row - row : kTileRows;
    const std::byte* weights = g.weights + row * g.row_stride_bytes;
    if (g.tokens <= kDirectTokens) {
      gemm_tiles<Weight, kDirectTokens>(g, weights, g.row_stride_bytes, rows, row);
      continue;
    }
    for (uint32_t r = 0; r < rows; ++r)
      dequantize_as<Weight>(weights + r * g.row_stride_bytes, g.cols, scratch + size_t{r} * g.cols);
    gemm_tiles<WeightF32, Simd::kTileTokens>(g, reinterpret_cast<const std::byte*>(scratch),
                                             size_t{g.cols} * sizeof(float), rows, row);
  }
}

template <>
void gemm_as<WeightF32>(const Gemm& g, uint32_t first_row, uint32_t end_row, float*) {
  for (uint32_t row = first_row; row < end_row; row += kTileRows)
    gemm_tiles<WeightF32, Simd::kTileTokens>(g, g.weights + row * g.row_stride_bytes, g.row_stride_bytes,
                                             end_row - row < kTileRows ? end_row - row : kTileRows, row);
}

/// Types without vector code of their own become float32 a tile at a time.
void gemm_of_any(const Gemm& g, uint32_t first_row, uint32_t end_row, float* scratch) {
  for (uint32_t row = first_row; row < end_row; row += kTileRows) {
    const uint32_t rows = end_row - row < kTileRows ? end_row - row : kTileRows;
    for (uint32_t r = 0; r < rows; ++r)
      dequantize_row(g.dtype, g.weights + (row + r) * g.row_stride_bytes, scratch + size_t{r} * g.cols,
                     g.cols);
    gemm_tiles<WeightF32, Simd::kTileTokens>(g, reinterpret_cast<const std::byte*>(scratch),
                                             size_t{g.cols} * sizeof(float), rows, row);
  }
}

void gemm(const Gemm& g, uint32_t first_row, uint32_t end_row, float* scratch) {
  switch (g.dtype) {
    case DType::F32:
      return gemm_as<WeightF32>(g, first_row, end_row, scratch);
    case DType::F16:
      return gemm_as<WeightF16>(g, first_row, end_row, scratch);
    case DType::BF16:
      return gemm_as<WeightBf16>(g, first_row, end_row, scratch);
    case DType::Q8_0:
      return gemm_as<WeightQ80>(g, first_row, end_row, scratch);
    default:
      return gemm_of_any(g, first_row, end_row, scratch);
  }
}

void dequantize(DType dtype, const std::byte* row, uint32_t cols, float* out) {
  switch (dtype) {
    case DType::F32:
      return dequantize_as<WeightF32>(row, cols, out);
    case DType::F16:
      return dequantize_as<WeightF16>(row, cols, out);
    case DType::BF16:
      return dequantize_as<WeightBf16>(row, cols, out);
    case DType::Q8_0:
      return dequantize_as<WeightQ80>(row, cols, out);
    default:
      return dequantize_row(dtype, row, out, cols);
  }
}

/// Calls body(load, store, k) for whole vectors and then for the rest.
template <class Body>
void for_vectors(uint32_t count, const Body& body) {
  uint32_t k = 0;
  for (; k + kLanes <= count; k += kLanes)
    body([k](const float* p) { return Simd::load(p + k); }, [k](float* p, F v) { Simd::store(p + k, v); });
  if (k < count)
    body([k, n = count - k](const float* p) { return Simd::load_n(p + k, n); },
         [k, n = count - k](float* p, F v) { Simd::store_n(p + k, n, v); });
}

float sum_lanes(F v) {
  float sums[4];
  const F zero = Simd::set1(0.0f);
  Simd::sum4(v, zero, zero, zero, sums);
  return sums[0];
}

/// e^x to about 1e-7 relative; 0 below -87, e^88 above 88.
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; e^r by its Taylor series to r⁷ (the rest is below 6e-9).
F exp(F x) {
  // Adding 1.5·2^23 rounds to an integer and leaves it in the low bits of the sum.
  const F magic = Simd::set1(12582912.0f);
  const F clamped = Simd::min(Simd::max(x, Simd::set1(-87.0f)), Simd::set1(88.0f));
  const F shifted = Simd::add(Simd::mul(clamped, Simd::set1(1.44269504088896341f)), magic);
  const F n = Simd::sub(shifted, magic);
  // ln 2 in two parts, the first with trailing zeros so that n times it is exact.
  F r = Simd::fma(n, Simd::set1(-0.693359375f), clamped);
  r = Simd::fma(n, Simd::set1(2.12194440054690583e-4f), r);
  F p = Simd::set1(1.0f / 5040);
  p = Simd::fma(p, r, Simd::set1(1.0f / 720));
  p = Simd::fma(p, r, Simd::set1(1.0f / 120));
  p = Simd::fma(p, r, Simd::set1(1.0f / 24));
  p = Simd::fma(p, r, Simd::set1(1.0f / 6));
  p = Simd::fma(p, r, Simd::set1(0.5f));
  p = Simd::fma(p, r, Simd::set1(1.0f));
  p = Simd::fma(p, r, Simd::set1(1.0f));
  return Simd::zero_below(x, Simd::set1(-87.0f), Simd::scale_by_power(p, shifted));
}

void rms_norm(float* out, const float* in, const float* weight, uint32_t cols, float eps) {
  F squares = Simd::set1(0.0f);
  for_vectors(cols, [&](auto load, auto) {
    const F x = load(in);
    squares = Simd::fma(x, x, squares);
  });
  const float factor = 1.0f / __builtin_sqrtf(sum_lanes(squares) / static_cast<float>(cols) + eps);
  for_vectors(cols, [&](auto load, auto store) {
    store(out, Simd::mul(Simd::mul(load(in), Simd::set1(factor)), load(weight)));
  });
}

void silu_mul(float* gate, const float* up, uint32_t count) {
  for_vectors(count, [&](auto load, auto store) {
    // x · eˣ / (1 + eˣ): the quotient stays within [0, 1] also where eˣ is cut off.
    const F g = load(gate);
    const F e = exp(g);
    const F sigmoid = Simd::div(e, Simd::add(Simd::set1(1.0f), e));
    store(gate, Simd::mul(Simd::mul(g, sigmoid), load(up)));
  });
}

void add_scaled(float* out, const float* in, float scale, uint32_t count) {
  for_vectors(count,
              [&](auto load, auto store) { store(out, Simd::fma(Simd::set1(scale), load(in), load(out))); });
}

void store_f16(std::byte* out, const float* in, uint32_t count) {
  uint32_t k = 0;
  for (; k + kLanes <= count; k += kLanes) Simd::store_f16_n(out + size_t{k} * 2, kLanes, Simd::load(in + k));
  if (k < count) Simd::store_f16_n(out + size_t{k} * 2, count - k, Simd::load_n(in + k, count - k));
}

/// scores {visible} become exp(scale·score − largest).
void softmax_chunk(float* scores, uint32_t visible, float scale, float* largest, float* total) {
  const uint32_t padded = (visible + kLanes - 1) / kLanes * kLanes;
  for (uint32_t p = visible; p < padded; ++p) scores[p] = -__builtin_inff();
  F most = Simd::set1(-__builtin_inff());
  for (uint32_t p = 0; p < padded; p += kLanes) {
    const F logit = Simd::mul(Simd::load(scores + p), Simd::set1(scale));
    Simd::store(scores + p, logit);
    most = Simd::max(most, logit);
  }
  *largest = Simd::max_lane(most);
  F sum = Simd::set1(0.0f);
  for (uint32_t p = 0; p < padded; p += kLanes) {
    const F weight = exp(Simd::sub(Simd::load(scores + p), Simd::set1(*largest)));
    Simd::store(scores + p, weight);
    sum = Simd::add(sum, weight);
  }
  *total = sum_lanes(sum);
}

constexpr uint32_t kSumQueries = 4;  ///< queries per register tile of weighted sums
constexpr uint32_t kSumVectors = Simd::kSumVectors;

/// sums[q][column…] += Σ weight[q][p] · row p for positions [first, end), positions in rising order.
template <class Weight, uint32_t Queries, uint32_t Vectors>
void weighted_sums(const std::byte* rows, size_t stride, uint32_t column, uint32_t first, uint32_t end,
                   const float* const* weight, float* const* sums) {
  F acc[Queries][Vectors];
#pragma GCC unroll 8
  for (uint32_t q = 0; q < Queries; ++q)
#pragma GCC unroll 8
    for (uint32_t v = 0; v < Vectors; ++v) acc[q][v] = Simd::load(sums[q] + column + v * kLanes);
  for (uint32_t p = first; p < end; ++p) {
    const std::byte* row = rows + p * stride;
    F value[Vectors];
#pragma GCC unroll 8
    for (uint32_t v = 0; v < Vectors; ++v) value[v] = Weight::load(row, column + v * kLanes, F{});
#pragma GCC unroll 8
    for (uint32_t q = 0; q < Queries; ++q) {
      const F w = Simd::set1(weight[q][p]);
#pragma GCC unroll 8
      for (uint32_t v = 0; v < Vectors; ++v) acc[q][v] = Simd::fma(w, value[v], acc[q][v]);
    }
  }
#pragma GCC unroll 8
  for (uint32_t q = 0; q < Queries; ++q)
#pragma GCC unroll 8
    for (uint32_t v = 0; v < Vectors; ++v) Simd::store(sums[q] + column + v * kLanes, acc[q][v]);
}

/// The same for the last `n` < kLanes columns.
template <class Weight>
void weighted_sums_rest(const std::byte* rows, size_t stride, uint32_t column, uint32_t n, uint32_t first,
                        uint32_t end, const float* weight, float* sums) {
  F acc = Simd::load_n(sums + column, n);
  for (uint32_t p = first; p < end; ++p)
    acc = Simd::fma(Simd::set1(weight[p]), Weight::load_n(rows + p * stride, column, n), acc);
  Simd::store_n(sums + column, n, acc);
}

template <class Weight, uint32_t Queries>
void weighted_sums_of(const std::byte* rows, size_t stride, uint32_t width, uint32_t first, uint32_t end,
                      const float* const* weight, float* const* sums) {
  uint32_t column = 0;
  for (; column + kSumVectors * kLanes <= width; column += kSumVectors * kLanes)
    weighted_sums<Weight, Queries, kSumVectors>(rows, stride, column, first, end, weight, sums);
  for (; column + kLanes <= width; column += kLanes)
    weighted_sums<Weight, Queries, 1>(rows, stride, column, first, end, weight, sums);
  if (column < width)
    for (uint32_t q = 0; q < Queries; ++q)
      weighted_sums_rest<Weight>(rows, stride, column, width - column, first, end, weight[q], sums[q]);
}

template <class Weight>
void attention_sums(const AttentionChunk& c, const std::byte* rows, size_t stride) {
  uint32_t q = 0;
  while (q < c.queries) {
    float* sums[kSumQueries];
    const float* weights[kSumQueries];
    const uint32_t count = c.queries - q < kSumQueries ? c.queries - q : kSumQueries;
    for (uint32_t i = 0; i < count; ++i) {
      sums[i] = c.sums + size_t{q + i} * c.value_width;
      weights[i] = c.score[q + i];
      std::memset(sums[i], 0, c.value_width * sizeof(float));
    }
    // `visible` rises: what the first query sees, all see. What only some see, each sums by itself, so that
    // no query ever adds a term of 0 that it would not have had alone.
    uint32_t shared = 0;
    if (count == kSumQueries) {
      shared = c.visible[q];
      weighted_sums_of<Weight, kSumQueries>(rows, stride, c.value_width, 0, shared, weights, sums);
    }
    for (uint32_t i = 0; i < count; ++i)
      if (shared < c.visible[q + i])
        weighted_sums_of<Weight, 1>(rows, stride, c.value_width, shared, c.visible[q + i], weights + i,
                                    sums + i);
    q += count;
  }
}

void attention_chunk(const AttentionChunk& chunk) {
  AttentionChunk c = chunk;
  while (c.queries > 0 && c.visible[0] == 0) {
    ++c.query;
    ++c.visible;
    ++c.score;
    ++c.largest;
    ++c.total;
    c.sums += c.value_width;
    --c.queries;
  }
  if (c.queries == 0) return;

  const uint32_t positions = c.visible[c.queries - 1];
  Gemm scores = {};
  scores.dtype = c.dtype;
  scores.weights = c.rows;
  scores.row_stride_bytes = c.row_stride_bytes;
  scores.cols = c.width;
  scores.tokens = c.queries;
  scores.in = c.query;
  scores.out = c.score;
  if (c.dtype == DType::F16 && c.queries > kDirectTokens) {
    for (uint32_t p = 0; p < positions; ++p)
      dequantize_as<WeightF16>(c.rows + p * c.row_stride_bytes, c.width, c.tile + size_t{p} * c.width);
    scores.dtype = DType::F32;
    scores.weights = reinterpret_cast<const std::byte*>(c.tile);
    scores.row_stride_bytes = size_t{c.width} * sizeof(float);
  }
  gemm(scores, 0, positions, c.tile);
  for (uint32_t q = 0; q < c.queries; ++q)
    softmax_chunk(c.score[q], c.visible[q], c.softmax_scale, c.largest + q, c.total + q);
  if (scores.dtype == DType::F32)
    attention_sums<WeightF32>(c, scores.weights, scores.row_stride_bytes);
  else
    attention_sums<WeightF16>(c, scores.weights, scores.row_stride_bytes);
}

void attention_merge(float* largest, float* total, float* sums, float chunk_largest, float chunk_total,
                     const float* chunk_sums, uint32_t count) {
  const float most = *largest > chunk_largest ? *largest : chunk_largest;
  const F old_factor = exp(Simd::set1(*largest - most));
  const F new_factor = exp(Simd::set1(chunk_largest - most));
  float factors[kLanes];
  Simd::store(factors, old_factor);
  const float old_scalar = factors[0];
  Simd::store(factors, new_factor);
  *total = *total * old_scalar + chunk_total * factors[0];
  *largest = most;
  for_vectors(count, [&](auto load, auto store) {
    store(sums, Simd::fma(load(chunk_sums), new_factor, Simd::mul(load(sums), old_factor)));
  });
}

constexpr Kernels kKernels = {.gemm = gemm,
                              .dequantize = dequantize,
                              .rms_norm = rms_norm,
                              .silu_mul = silu_mul,
                              .add_scaled = add_scaled,
                              .store_f16 = store_f16,
                              .attention_chunk = attention_chunk,
                              .attention_merge = attention_merge};

}  // namespace
}  // namespace kvasir::engine::cpu
