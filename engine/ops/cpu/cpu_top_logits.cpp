#include "engine/ops/cpu/cpu_backend.h"

#include <functional>
#include <limits>

namespace kvasir::engine {
namespace {

/// Of how many logits only the largest is looked at first. Few enough that there are several times as many
/// such blocks as logits wanted.
constexpr uint32_t kBlock = 64;

/// In lanes that know nothing of each other, so that it is computed in vectors.
float largest_of(const float* logits, uint32_t count) {
  constexpr uint32_t kLanes = 16;
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, -std::numeric_limits<float>::infinity());
  const auto take = [&](uint32_t lane, float logit) {
    lanes[lane] = lanes[lane] < logit ? logit : lanes[lane];
  };
  uint32_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (uint32_t lane = 0; lane < kLanes; ++lane) take(lane, logits[i + lane]);
  for (; i < count; ++i) take(0, logits[i]);
  return *std::max_element(lanes, lanes + kLanes);
}

}  // namespace

/// The out.count-th largest of the blocks' maxima is no larger than the out.count-th largest logit, and not
/// much smaller: few logits are left to choose from, and most blocks need not be looked at again.
void CpuBackend::top_logits(TopLogits out, Activations logits) {
  const uint32_t vocab = logits.cols;
  const uint32_t block = std::clamp(vocab / (4 * out.count), 1u, kBlock);
  std::vector<float>& maxima = block_maxima_;
  maxima.clear();
  for (uint32_t first = 0; first < vocab; first += block)
    maxima.push_back(largest_of(logits.data + first, std::min(block, vocab - first)));

  std::vector<float>& ranked = ranked_maxima_;
  ranked = maxima;
  const auto last_kept = ranked.begin() + (out.count - 1);
  std::nth_element(ranked.begin(), last_kept, ranked.end(), std::greater<>());
  const float least = *last_kept;

  candidates_.clear();
  for (uint32_t first = 0; first < vocab; first += block) {
    if (maxima[first / block] < least) continue;
    // What is no number is smaller than all numbers, but may have to be taken.
    for (uint32_t id = first; id < std::min(vocab, first + block); ++id)
      if (!(logits.data[id] < least)) candidates_.push_back({static_cast<int32_t>(id), logits.data[id]});
  }
  std::nth_element(candidates_.begin(), candidates_.begin() + (out.count - 1), candidates_.end(), Likelier());
  std::copy_n(candidates_.begin(), out.count, out.data);
}

}  // namespace kvasir::engine
