#pragma once

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

 private:
  SamplingParams params_;
  std::mt19937_64 random_;
  struct Candidate {
    TokenId id;
    float logit;
  };
  std::vector<Candidate> candidates_;

  /// Not normalised: e^((logit − best) ÷ temperature), 1 for the likeliest.
  double weight(const Candidate& candidate, double best) const;
  void collect_top_k(std::span<const float> logits);
  // Each drops candidates and leaves at least the likeliest.
  void keep_top_p(double best);
  void keep_min_p(double best);
  TokenId draw(double best);
};

}  // namespace kvasir::engine
