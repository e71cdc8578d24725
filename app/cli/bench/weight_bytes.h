#pragma once

#include "engine/model/model_config.h"
#include "engine/model/model_weights.h"

#include <cstddef>
#include <span>
#include <vector>

namespace kvasir::app {

/// Bytes of weights, as they lie in memory, that one decoded token needs: everything once, but of the
/// embedding one row and of the routed experts the share that is used.
double weight_bytes_per_token(const engine::ModelWeights& weights, const engine::ModelConfig& config);

/// Where the weights lie that decoded tokens read: all but the embedding.
std::vector<std::span<const std::byte>> weight_regions(const engine::ModelWeights& weights);

}  // namespace kvasir::app
