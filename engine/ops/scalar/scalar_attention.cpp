#include "engine/ops/scalar/scalar_backend.h"

#include <algorithm>
#include <cmath>

namespace kvasir::engine {
namespace {

/// Rows [0, count) of a layer as float32, {count, width}.
std::vector<float> cache_rows(const KvCache& cache, uint32_t layer, uint32_t count) {
  const KvLayout& layout = cache.layout();
  std::vector<float> rows(size_t{count} * layout.width);
  for (uint32_t p = 0; p < count; ++p)
    decode_kv_row(layout.type, cache.row(layer, p), rows.data() + size_t{p} * layout.width, layout.width);
  return rows;
}

}  // namespace

void ScalarBackend::kv_append(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows) {
  for (uint32_t t = 0; t < rows.tokens; ++t)
    encode_kv_row(cache.layout().type, cache.row(layer, first_position + t), rows.row(t), rows.cols);
}

void ScalarBackend::attention(HeadActivations out, HeadActivations query, const KvCache& cache,
                              uint32_t layer, uint32_t first_position, float softmax_scale) {
  const std::vector<float> rows = cache_rows(cache, layer, first_position + query.tokens);
  std::vector<double> weights(first_position + query.tokens);
  std::vector<double> sums(out.dim);
  for (uint32_t t = 0; t < query.tokens; ++t) {
    const uint32_t visible = first_position + t + 1;
    for (uint32_t h = 0; h < query.heads; ++h) {
      for (uint32_t p = 0; p < visible; ++p)
        weights[p] = dot(query.at(t, h), rows.data() + size_t{p} * query.dim, query.dim) *
                     static_cast<double>(softmax_scale);
      const double largest = *std::max_element(weights.begin(), weights.begin() + visible);

      double total = 0;
      std::fill(sums.begin(), sums.end(), 0.0);
      for (uint32_t p = 0; p < visible; ++p) {
        const double weight = std::exp(weights[p] - largest);
        total += weight;
        for (uint32_t i = 0; i < out.dim; ++i)
          sums[i] += weight * static_cast<double>(rows[size_t{p} * query.dim + i]);
      }
      for (uint32_t i = 0; i < out.dim; ++i) out.at(t, h)[i] = static_cast<float>(sums[i] / total);
    }
  }
}

}  // namespace kvasir::engine
