#include "engine/ops/backend.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace kvasir::engine {
namespace {

/// The (fractional) component at which a full context makes `rotations` turns: `yarn_find_correction_dim` of
/// DeepSeek's model code.
double correction_dim(double rotations, double dim, double theta, double original_context) {
  return dim * std::log(original_context / (rotations * 2 * std::numbers::pi)) / (2 * std::log(theta));
}

}  // namespace

RopeFrequencies RopeFrequencies::from_config(const ModelConfig& config) {
  const uint32_t dim = config.qk_rope_head_dim;
  const auto theta = static_cast<double>(config.rope_theta);
  RopeFrequencies frequencies;
  frequencies.inverse.resize(dim / 2);
  for (uint32_t i = 0; i < dim / 2; ++i)
    frequencies.inverse[i] = std::pow(theta, -2.0 * i / static_cast<double>(dim));
  if (!config.yarn) return frequencies;

  // Fast components keep their frequency, slow ones are slowed by `factor`, with a linear ramp between.
  const YarnConfig& yarn = *config.yarn;
  const double context = yarn.original_max_position_embeddings;
  double low = std::floor(correction_dim(static_cast<double>(yarn.beta_fast), dim, theta, context));
  double high = std::ceil(correction_dim(static_cast<double>(yarn.beta_slow), dim, theta, context));
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(dim) - 1);
  if (high == low) high += 0.001;
  for (uint32_t i = 0; i < dim / 2; ++i) {
    const double slowed = std::clamp((i - low) / (high - low), 0.0, 1.0);
    frequencies.inverse[i] *= (1 - slowed) + slowed / static_cast<double>(yarn.factor);
  }
  return frequencies;
}

}  // namespace kvasir::engine
