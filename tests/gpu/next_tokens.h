#pragma once

#include "engine/model/model.h"
#include "tests/gpu/value_or_exit.h"

#include <algorithm>
#include <span>
#include <vector>

namespace kvasir::engine::test {

/// A text that grows: what a model takes for its next token.
class NextTokens {
 public:
  /// Both must outlive it.
  NextTokens(Model& model, KvCache& cache)
      : model_(model), cache_(cache), logits_(model.config().vocab_size) {}

  /// Not empty.
  void append(std::span<const int32_t> ids) {
    for (size_t first = 0; first < ids.size(); first += model_.max_batch_tokens()) {
      const auto batch = ids.subspan(first, std::min<size_t>(model_.max_batch_tokens(), ids.size() - first));
      const auto last = static_cast<uint32_t>(batch.size() - 1);
      value_or_exit(model_.forward(batch, cache_, std::span(&last, 1), logits_));
    }
  }
  /// {vocab}
  std::span<const float> logits() const { return logits_; }
  int32_t likeliest() const {
    return static_cast<int32_t>(std::ranges::max_element(logits_) - logits_.begin());
  }

 private:
  Model& model_;
  KvCache& cache_;
  std::vector<float> logits_;
};

}  // namespace kvasir::engine::test
