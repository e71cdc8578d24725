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

/// out {out_dim} = Σ softmax(scale · query · key) value over the first `visible` of keys {positions,
/// key_stride} and values {positions, value_stride}.
void attend(float* out, uint32_t out_dim, const float* query, uint32_t query_dim,
            const std::vector<float>& keys, size_t key_stride, const std::vector<float>& values,
            size_t value_stride, uint32_t visible, float softmax_scale) {
  std::vector<double> weights(visible);
  for (uint32_t p = 0; p < visible; ++p)
    weights[p] = dot(query, keys.data() + p * key_stride, query_dim) * static_cast<double>(softmax_scale);
  const double largest = *std::max_element(weights.begin(), weights.end());
  double total = 0;
  std::vector<double> sums(out_dim);
  for (uint32_t p = 0; p < visible; ++p) {
    const double weight = std::exp(weights[p] - largest);
    total += weight;
    for (uint32_t i = 0; i < out_dim; ++i)
      sums[i] += weight * static_cast<double>(values[p * value_stride + i]);
  }
  for (uint32_t i = 0; i < out_dim; ++i) out[i] = static_cast<float>(sums[i] / total);
}

}  // namespace

void ScalarBackend::kv_append(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows) {
  for (uint32_t t = 0; t < rows.tokens; ++t)
    encode_kv_row(cache.layout().type, cache.row(layer, first_position + t), rows.row(t), rows.cols);
}

void ScalarBackend::attention(HeadActivations out, HeadActivations query, const KvCache& cache,
                              uint32_t layer, uint32_t first_position, float softmax_scale) {
  const std::vector<float> rows = cache_rows(cache, layer, first_position + query.tokens);
  for (uint32_t t = 0; t < query.tokens; ++t)
    for (uint32_t h = 0; h < query.heads; ++h)
      attend(out.at(t, h), out.dim, query.at(t, h), query.dim, rows, query.dim, rows, query.dim,
             first_position + t + 1, softmax_scale);
}

Result<KvExpansion> ScalarBackend::place_expansion(const TensorView& k_b, const TensorView& v_b) {
  return KvExpansion{k_b,
                     v_b,
                     nullptr,
                     static_cast<uint32_t>(k_b.matrices()),
                     static_cast<uint32_t>(k_b.cols()),
                     static_cast<uint32_t>(k_b.rows()),
                     static_cast<uint32_t>(v_b.rows())};
}

void ScalarBackend::attention_expanded(HeadActivations out, HeadActivations query,
                                       const KvExpansion& expansion, const KvCache& cache, uint32_t layer,
                                       uint32_t first_position, float softmax_scale) {
  const uint32_t positions = first_position + query.tokens;
  const uint32_t width = cache.layout().width;
  const std::vector<float> rows = cache_rows(cache, layer, positions);
  for (uint32_t h = 0; h < query.heads; ++h) {
    std::vector<float> keys(size_t{positions} * query.dim);
    std::vector<float> values(size_t{positions} * out.dim);
    for (uint32_t p = 0; p < positions; ++p)
      std::copy_n(rows.data() + size_t{p} * width + expansion.kv_lora, query.dim - expansion.nope,
                  keys.data() + size_t{p} * query.dim + expansion.nope);
    for (uint32_t l = 0; l < expansion.kv_lora; ++l) {
      const std::vector<float> row = weight_row(expansion.keys, h, l);
      for (uint32_t p = 0; p < positions; ++p)
        for (uint32_t i = 0; i < expansion.nope; ++i)
          keys[size_t{p} * query.dim + i] += row[i] * rows[size_t{p} * width + l];
    }
    for (uint32_t i = 0; i < out.dim; ++i) {
      const std::vector<float> row = weight_row(expansion.values, h, i);
      for (uint32_t p = 0; p < positions; ++p)
        values[size_t{p} * out.dim + i] =
            static_cast<float>(dot(row.data(), rows.data() + size_t{p} * width, expansion.kv_lora));
    }
    for (uint32_t t = 0; t < query.tokens; ++t)
      attend(out.at(t, h), out.dim, query.at(t, h), query.dim, keys, query.dim, values, out.dim,
             first_position + t + 1, softmax_scale);
  }
}

}  // namespace kvasir::engine
