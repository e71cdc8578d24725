#include "engine/ops/moe_router.h"
#include "engine/ops/scalar/scalar_backend.h"

#include <cmath>

namespace kvasir::engine {
namespace {

float silu(float x) {
  return static_cast<float>(static_cast<double>(x) / (1.0 + std::exp(-static_cast<double>(x))));
}

/// down (silu(gate x) ⊙ up x) of one expert, {down.rows()}
std::vector<float> gated_ffn(const GatedFfn& ffn, uint64_t expert, const float* x) {
  const auto& [gate, up, down] = ffn;
  std::vector<float> inner(gate.rows());
  for (uint64_t r = 0; r < gate.rows(); ++r) {
    const auto g = static_cast<float>(dot(weight_row(gate, expert, r).data(), x, gate.cols()));
    const auto u = static_cast<float>(dot(weight_row(up, expert, r).data(), x, up.cols()));
    inner[r] = silu(g) * u;
  }
  std::vector<float> out(down.rows());
  for (uint64_t r = 0; r < down.rows(); ++r)
    out[r] = static_cast<float>(dot(weight_row(down, expert, r).data(), inner.data(), inner.size()));
  return out;
}

}  // namespace

void ScalarBackend::route(Routing out, const TensorView& router, const TensorView& bias, Activations in,
                          const ModelConfig& config) {
  MoeRouter moe_router(config);
  std::vector<float> logits(config.n_routed_experts);
  std::vector<float> bias_values;
  if (bias.present()) bias_values = weight_row(bias, 0, 0);
  for (uint32_t t = 0; t < in.tokens; ++t) {
    for (uint32_t e = 0; e < config.n_routed_experts; ++e)
      logits[e] = static_cast<float>(dot(weight_row(router, 0, e).data(), in.row(t), in.cols));
    const size_t first = size_t{t} * out.per_token;
    moe_router.select(logits, bias_values, {out.experts + first, out.per_token},
                      {out.weights + first, out.per_token});
  }
}

void ScalarBackend::gated_ffn_add(Activations out, const GatedFfn& ffn, Activations in) {
  for (uint32_t t = 0; t < in.tokens; ++t) {
    const std::vector<float> added = gated_ffn(ffn, 0, in.row(t));
    for (uint32_t i = 0; i < out.cols; ++i) out.row(t)[i] += added[i];
  }
}

void ScalarBackend::moe_ffn_add(Activations out, const Routing& routing, const GatedFfn& experts,
                                const GatedFfn& shared, Activations in) {
  for (uint32_t t = 0; t < in.tokens; ++t) {
    std::vector<double> sums(out.cols);
    for (uint32_t k = 0; k < routing.per_token; ++k) {
      const size_t slot = size_t{t} * routing.per_token + k;
      const auto expert = static_cast<uint64_t>(routing.experts[slot]);
      const std::vector<float> added = gated_ffn(experts, expert, in.row(t));
      for (uint32_t i = 0; i < out.cols; ++i)
        sums[i] += static_cast<double>(routing.weights[slot]) * static_cast<double>(added[i]);
    }
    for (uint32_t i = 0; i < out.cols; ++i) out.row(t)[i] += static_cast<float>(sums[i]);
  }
  if (shared.present()) gated_ffn_add(out, shared, in);
}

}  // namespace kvasir::engine
