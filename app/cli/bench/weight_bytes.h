#pragma once

#include "engine/model/model_config.h"
#include "engine/model/model_weights.h"

namespace kvasir::app {

/// Bytes of weights, as the file holds them, that one decoded token needs: everything once, but of the
/// embedding one row and of the routed experts the share that is used.
double weight_bytes_per_token(const engine::ModelWeights& weights, const engine::ModelConfig& config);

}  // namespace kvasir::app
