#include "engine/ops/moe_router.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kvasir::engine {
namespace {

/// The index of the largest open value, the first of equal ones. NaN loses to everything.
size_t best_open(const std::vector<float>& values, const std::vector<char>& open) {
  size_t best = values.size();
  for (size_t i = 0; i < values.size(); ++i) {
    if (open[i] == 0) continue;
    if (best == values.size() || values[i] > values[best] ||
        (std::isnan(values[best]) && !std::isnan(values[i])))
      best = i;
  }
  return best;
}

}  // namespace

MoeRouter::MoeRouter(const ModelConfig& config)
    : config_(config),
      scores_(config.n_routed_experts),
      selection_(config.n_routed_experts),
      eligible_(config.n_routed_experts),
      group_scores_(config.n_group),
      group_open_(config.n_group) {}

void MoeRouter::select(std::span<const float> logits, std::span<const float> bias, std::span<int32_t> experts,
                       std::span<float> weights) {
  score(logits);
  selection_ = scores_;
  if (!bias.empty())
    for (size_t e = 0; e < selection_.size(); ++e) selection_[e] += bias[e];
  std::fill(eligible_.begin(), eligible_.end(), char{1});
  if (config_.n_group > 1 && config_.topk_group < config_.n_group) keep_best_groups();

  double sum = 0;
  for (size_t i = 0; i < experts.size(); ++i) {
    const size_t best = best_open(selection_, eligible_);
    eligible_[best] = 0;
    experts[i] = static_cast<int32_t>(best);
    weights[i] = scores_[best];
    sum += static_cast<double>(scores_[best]);
  }
  // The reference adds 1e-20 so that scores that are all zero don't divide by zero.
  const double divisor = config_.norm_topk_prob ? sum + 1e-20 : 1.0;
  for (float& weight : weights)
    weight = static_cast<float>(static_cast<double>(weight) / divisor *
                                static_cast<double>(config_.routed_scaling_factor));
}

void MoeRouter::score(std::span<const float> logits) {
  if (config_.scoring_func == ScoringFunc::Sigmoid) {
    for (size_t e = 0; e < scores_.size(); ++e)
      scores_[e] = static_cast<float>(1.0 / (1.0 + std::exp(-static_cast<double>(logits[e]))));
    return;
  }
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits) sum += std::exp(static_cast<double>(logit) - static_cast<double>(largest));
  for (size_t e = 0; e < scores_.size(); ++e)
    scores_[e] =
        static_cast<float>(std::exp(static_cast<double>(logits[e]) - static_cast<double>(largest)) / sum);
}

float MoeRouter::group_score(size_t group) const {
  const size_t size = scores_.size() / config_.n_group;
  float first = -std::numeric_limits<float>::infinity();
  float second = first;
  for (size_t e = group * size; e < (group + 1) * size; ++e) {
    if (selection_[e] > first) {
      second = first;
      first = selection_[e];
    } else if (selection_[e] > second) {
      second = selection_[e];
    }
  }
  // V3 judges a group by its two best experts, V2 by its best one.
  const bool sum_of_two = config_.scoring_func == ScoringFunc::Sigmoid && size >= 2;
  return sum_of_two ? first + second : first;
}

void MoeRouter::keep_best_groups() {
  const size_t size = scores_.size() / config_.n_group;
  for (size_t g = 0; g < group_scores_.size(); ++g) group_scores_[g] = group_score(g);
  std::fill(group_open_.begin(), group_open_.end(), char{1});
  std::fill(eligible_.begin(), eligible_.end(), char{0});
  for (uint32_t kept = 0; kept < config_.topk_group; ++kept) {
    const size_t group = best_open(group_scores_, group_open_);
    group_open_[group] = 0;
    std::fill_n(eligible_.begin() + static_cast<std::ptrdiff_t>(group * size), size, char{1});
  }
}

}  // namespace kvasir::engine
