#include "engine/ops/backend.h"

#include <algorithm>
#include <cmath>
#include <new>

namespace kvasir::engine {

bool Likelier::operator()(const TokenLogit& a, const TokenLogit& b) const {
  const bool a_is_nan = std::isnan(a.logit);
  const bool b_is_nan = std::isnan(b.logit);
  if (a_is_nan != b_is_nan) return b_is_nan;
  if (!a_is_nan && a.logit != b.logit) return a.logit > b.logit;
  return a.id < b.id;
}

Result<TopLogits> Backend::allocate_top_logits(uint32_t count) {
  try {
    return TopLogits{top_logits_.emplace_back(count).data(), count};
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, "There is not enough memory to run this model.");
  }
}

void Backend::matmul_each(std::span<const Product> products, Activations in) {
  for (const auto& [out, weight] : products) matmul(out, weight, in);
}

void Backend::append_latents(KvCache& cache, uint32_t layer, uint32_t first_position, Activations rows,
                             const TensorView& latent_norm, float eps, const RopeFrequencies& frequencies) {
  const auto kv_lora = static_cast<uint32_t>(latent_norm.cols());
  const uint32_t rope_dim = rows.cols - kv_lora;
  const Activations latents = rows.columns(0, kv_lora);
  const HeadActivations rotated = {rows.data + kv_lora, rows.tokens, 1, rope_dim, rows.stride, rope_dim};
  rms_norm(latents, latents, latent_norm, eps);
  rope(rotated, rotated, frequencies, first_position);
  kv_append(cache, layer, first_position, rows);
}

void Backend::absorb_queries(HeadActivations out, const TensorView& k_b, HeadActivations in,
                             const RopeFrequencies& frequencies, uint32_t first_position) {
  const auto nope = static_cast<uint32_t>(k_b.cols());
  const auto kv_lora = static_cast<uint32_t>(k_b.rows());
  const uint32_t rope_dim = in.dim - nope;
  matmul_heads(out.components(0, kv_lora), k_b, in.components(0, nope));
  rope(out.components(kv_lora, rope_dim), in.components(nope, rope_dim), frequencies, first_position);
}

void Backend::top_logits(TopLogits out, Activations logits) {
  row_.resize(logits.cols);
  read(row_, logits);
  // A heap of the best so far, the worst of them on top: most logits are looked at once and left.
  const std::span<TokenLogit> best(out.data, out.count);
  for (uint32_t id = 0; id < logits.cols; ++id) {
    const TokenLogit candidate{static_cast<int32_t>(id), row_[id]};
    if (id < best.size()) {
      best[id] = candidate;
      if (id + 1 == best.size()) std::ranges::make_heap(best, Likelier());
    } else if (Likelier()(candidate, best.front())) {
      std::ranges::pop_heap(best, Likelier());
      best.back() = candidate;
      std::ranges::push_heap(best, Likelier());
    }
  }
}

void Backend::read_top(std::span<TokenLogit> out, TopLogits in) {
  std::copy_n(in.data, out.size(), out.data());
}

}  // namespace kvasir::engine
