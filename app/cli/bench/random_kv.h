#pragma once

#include "engine/kv/kv_cache.h"

#include <cstdint>

namespace kvasir::app {

/// Gives the first `tokens` rows of every layer values with a mean of zero and a variance of one, which is
/// how normalised latents lie: they cost the same to read as computed ones. Throws CommandFailed.
void fill_with_random_kv(engine::KvCache& cache, uint32_t tokens, uint64_t seed);

}  // namespace kvasir::app
