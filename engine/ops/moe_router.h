#pragma once

#include "engine/model/model_config.h"

#include <cstdint>
#include <span>
#include <vector>

namespace kvasir::engine {

/// Chooses the experts of one token from its router logits, as DeepSeek-V2 (arXiv:2405.04434, softmax) and
/// DeepSeek-V3 (arXiv:2412.19437, sigmoid with a bias of selection) do.
///
/// One thread at a time; any logits, also NaN, give valid and distinct experts.
class MoeRouter {
 public:
  explicit MoeRouter(const ModelConfig& config);

  /// `logits` {n_routed_experts}; `bias` the same or empty. `experts` and `weights` {num_experts_per_tok}
  /// come out by falling selection score, equal scores by rising id.
  void select(std::span<const float> logits, std::span<const float> bias, std::span<int32_t> experts,
              std::span<float> weights);

 private:
  void score(std::span<const float> logits);
  void keep_best_groups();
  float group_score(size_t group) const;

  const ModelConfig& config_;
  std::vector<float> scores_;     ///< {experts}: after softmax or sigmoid
  std::vector<float> selection_;  ///< {experts}: scores plus bias
  std::vector<char> eligible_;    ///< {experts}: not chosen yet, and in a group that is kept
  std::vector<float> group_scores_;
  std::vector<char> group_open_;
};

}  // namespace kvasir::engine
