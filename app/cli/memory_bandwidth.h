#pragma once

#include <cstddef>

namespace kvasir::app {

/// Bytes per second that `threads` threads together read from main memory: the best of a few passes over
/// a buffer much larger than any cache.
double measure_memory_bandwidth(unsigned threads);

}  // namespace kvasir::app
