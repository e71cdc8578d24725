#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kvasir::app {

/// Bytes per second that `threads` threads together read `regions` at, in nothing but a plain loop: the best
/// of several passes, with and without prefetching. Where the regions fit into a cache it is the cache's
/// speed.
double measure_read_bandwidth(const std::vector<std::span<const std::byte>>& regions, unsigned threads);

}  // namespace kvasir::app
