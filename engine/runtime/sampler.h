#pragma once

#include "engine/ops/backend.h"
#include "engine/tokenizer/tokenizer.h"

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace kvasir::engine {

struct SamplingParams {
  float temperature = 0.8f;          ///< 0: always the likeliest token
  uint32_t top_k = 40;               ///< 0: off
  float top_p = 0.95f;               ///< 1: off
  float min_p = 0.05f;               ///< 0: off; relative to the likeliest token's probability
  float repetition_penalty = 1.0f;   ///< 1: off; as in CTRL (arXiv:1909.05858)
  uint32_t repetition_window = 256;  ///< how many of the last tokens the penalty looks at
  uint64_t seed = 0;
};

/// Empty, or a sentence saying which value is out of range.
std::optional<std::string> check(const SamplingParams& params);

/// Draws tokens from logits: penalty, temperature, top-k, top-p, min-p, then one draw. The same seed, logits
/// and history give the same tokens on every machine.
class Sampler {
 public:
  explicit Sampler(const SamplingParams& params);
  /// `logits` {vocab}, not empty, is used as scratch; `history` are the ids so far, newest last. NaN is never
  /// drawn while there is a number.
  TokenId sample(std::span<float> logits, std::span<const TokenId> history);

  /// How many of the likeliest tokens decide what is drawn, if `forbidden` of them must not be; empty where
  /// all do.
  std::optional<size_t> deciding(size_t forbidden) const;
  /// Draws what the other `sample` would, from the likeliest tokens alone: at least `deciding`, or all of
  /// them, in any order.
  TokenId sample(std::span<const TokenLogit> top, std::span<const TokenId> forbidden,
                 std::span<const TokenId> history);

 private:
  SamplingParams params_;
  std::mt19937_64 random_;
  std::vector<TokenLogit> candidates_;

  /// The ids that the penalty is for, sorted, each once.
  std::vector<TokenId> penalized(std::span<const TokenId> history) const;
  /// A token out of candidates_, which hold at least the top k.
  TokenId sample_candidates();
  /// Not normalised: e^((logit − best) ÷ temperature), 1 for the likeliest.
  double weight(const TokenLogit& candidate, double best) const;
  void collect_top_k(std::span<const float> logits);
  // Each drops candidates and leaves at least the likeliest.
  void keep_top_p(double best);
  void keep_min_p(double best);
  TokenId draw(double best);
};

}  // namespace kvasir::engine
