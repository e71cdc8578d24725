#pragma once

#include "app/cli/bench/random_source.h"
#include "engine/gguf/dtype.h"

#include <cstddef>
#include <span>

namespace kvasir::app {

/// True for the types that `fill_random_blocks` can make.
bool can_make_blocks(engine::DType type);

/// Fills `out`, whole blocks of `type`, with weights of zero mean and the standard deviation `deviation`: the
/// codes are random bits, the scales are chosen to fit, and no code appears that a quantiser would not write.
/// `deviation` must lie between 1e-3 and 1e3, so that the scales are numbers that F16 holds well.
void fill_random_blocks(engine::DType type, float deviation, RandomSource& random, std::span<std::byte> out);

}  // namespace kvasir::app
