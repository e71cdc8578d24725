#pragma once

#include <cstddef>

namespace kvasir::app {

/// Bytes per second that `threads` threads together read from main memory: the best of several passes, with
/// and without prefetching, over a buffer of huge pages that is much larger than any cache. 0 where there is
/// no memory for the buffer.
double measure_memory_bandwidth(unsigned threads);

}  // namespace kvasir::app
