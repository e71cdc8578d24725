#include "engine/runtime/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kvasir::engine {
namespace {

constexpr Likelier kLikelier;

/// A uniform number in [0, 1) from the generator's upper 53 bits. The standard library's distributions
/// differ between implementations.
double uniform(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11) * 0x1p-53;
}

/// Positive logits are divided by the penalty, negative ones multiplied: seen tokens become less likely
/// (arXiv:1909.05858, section 4.1), each once however often it was seen.
float penalize(float logit, float penalty) {
  return logit > 0 ? logit / penalty : logit * penalty;
}

/// NaN is never drawn, and infinities are the outermost finite values, so that differences stay numbers.
float finite(float logit) {
  constexpr float kMax = std::numeric_limits<float>::max();
  return std::isnan(logit) ? -kMax : std::clamp(logit, -kMax, kMax);
}

}  // namespace

std::optional<std::string> check(const SamplingParams& params) {
  // Written so that NaN fails each of them.
  if (!(params.temperature >= 0 && params.temperature <= 100))
    return "The temperature must be from 0 to 100.";
  if (!(params.top_p > 0 && params.top_p <= 1)) return "Top-p must be above 0 and at most 1.";
  if (!(params.min_p >= 0 && params.min_p <= 1)) return "Min-p must be from 0 to 1.";
  if (!(params.repetition_penalty > 0 && params.repetition_penalty <= 100))
    return "The repetition penalty must be above 0 and at most 100.";
  return std::nullopt;
}

Sampler::Sampler(const SamplingParams& params) : params_(params), random_(params.seed) {}

TokenId Sampler::sample(std::span<float> logits, std::span<const TokenId> history) {
  if (logits.empty()) return 0;
  for (const TokenId id : penalized(history))
    if (id >= 0 && static_cast<size_t>(id) < logits.size()) {
      float& logit = logits[static_cast<size_t>(id)];
      logit = penalize(logit, params_.repetition_penalty);
    }
  for (float& logit : logits) logit = finite(logit);
  if (!(params_.temperature > 0))
    return static_cast<TokenId>(std::ranges::max_element(logits) - logits.begin());
  collect_top_k(logits);
  return sample_candidates();
}

std::optional<size_t> Sampler::deciding(size_t forbidden) const {
  const bool greedy = !(params_.temperature > 0);
  if (params_.top_k == 0 && !greedy) return std::nullopt;
  const bool penalizes = params_.repetition_penalty != 1.0f;
  // What the penalty makes likelier may come from anywhere.
  if (penalizes && params_.repetition_penalty < 1.0f) return std::nullopt;
  return (greedy ? 1 : size_t{params_.top_k}) + forbidden + (penalizes ? params_.repetition_window : 0);
}

TokenId Sampler::sample(std::span<const TokenLogit> top, std::span<const TokenId> forbidden,
                        std::span<const TokenId> history) {
  if (top.empty()) return 0;
  const std::vector<TokenId> seen = penalized(history);
  candidates_.assign(top.begin(), top.end());
  for (auto& [id, logit] : candidates_) {
    if (std::ranges::find(forbidden, id) != forbidden.end()) logit = -std::numeric_limits<float>::infinity();
    if (std::ranges::binary_search(seen, id)) logit = penalize(logit, params_.repetition_penalty);
    logit = finite(logit);
  }
  std::ranges::sort(candidates_, kLikelier);
  if (!(params_.temperature > 0)) return candidates_.front().id;
  candidates_.resize(std::min<size_t>(candidates_.size(), params_.top_k));
  return sample_candidates();
}

std::vector<TokenId> Sampler::penalized(std::span<const TokenId> history) const {
  if (params_.repetition_penalty == 1.0f) return {};
  const auto seen = history.last(std::min<size_t>(params_.repetition_window, history.size()));
  std::vector<TokenId> ids(seen.begin(), seen.end());
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

TokenId Sampler::sample_candidates() {
  const double best = static_cast<double>(std::ranges::min_element(candidates_, kLikelier)->logit);
  keep_top_p(best);
  keep_min_p(best);
  return draw(best);
}

double Sampler::weight(const TokenLogit& candidate, double best) const {
  return std::exp((static_cast<double>(candidate.logit) - best) / static_cast<double>(params_.temperature));
}

void Sampler::collect_top_k(std::span<const float> logits) {
  candidates_.clear();
  const size_t kept = params_.top_k == 0 ? logits.size() : std::min<size_t>(params_.top_k, logits.size());
  const auto end_of_kept = [&] { return candidates_.begin() + static_cast<ptrdiff_t>(kept); };
  // Whenever twice the wanted number has come together the lesser half goes; from then on only what is
  // likelier than all that went is looked at. Of equals the earlier, lower ids are kept.
  float bar = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < logits.size(); ++i) {
    if (!(logits[i] > bar)) continue;
    candidates_.push_back({static_cast<TokenId>(i), logits[i]});
    if (candidates_.size() < 2 * kept) continue;
    std::ranges::nth_element(candidates_, end_of_kept() - 1, kLikelier);
    candidates_.resize(kept);
    bar = candidates_.back().logit;
  }
  // The order decides what is drawn, so it must not be a selection algorithm's.
  if (kept == logits.size()) return;
  std::ranges::sort(candidates_, kLikelier);
  candidates_.resize(kept);
}

void Sampler::keep_top_p(double best) {
  if (!(params_.top_p < 1)) return;
  double total = 0;
  for (const TokenLogit& candidate : candidates_) total += weight(candidate, best);
  const double wanted = static_cast<double>(params_.top_p) * total;

  // Sorts only as far as it looks: the set is mostly a small part of the vocabulary.
  double sum = 0;
  size_t sorted = 0;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    if (i == sorted) {
      sorted = std::min(candidates_.size(), std::max<size_t>(64, 4 * sorted));
      const auto begin = candidates_.begin() + static_cast<ptrdiff_t>(i);
      const auto end = candidates_.begin() + static_cast<ptrdiff_t>(sorted);
      std::nth_element(begin, end, candidates_.end(), kLikelier);
      std::sort(begin, end, kLikelier);
    }
    sum += weight(candidates_[i], best);
    if (sum >= wanted) {
      candidates_.resize(i + 1);
      return;
    }
  }
}

void Sampler::keep_min_p(double best) {
  if (!(params_.min_p > 0)) return;
  const auto least = static_cast<double>(std::min(params_.min_p, 1.0f));
  std::erase_if(candidates_, [&](const TokenLogit& candidate) { return weight(candidate, best) < least; });
}

TokenId Sampler::draw(double best) {
  double total = 0;
  for (const TokenLogit& candidate : candidates_) total += weight(candidate, best);
  double left = uniform(random_) * total;
  for (const TokenLogit& candidate : candidates_) {
    left -= weight(candidate, best);
    if (left < 0) return candidate.id;
  }
  // Rounding left a rest: the likeliest, whose own share is the largest.
  return std::ranges::min_element(candidates_, kLikelier)->id;
}

}  // namespace kvasir::engine
