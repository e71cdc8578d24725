#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kvasir::app {

/// Measures what nothing but a plain loop reads memory at. How fast that is can change within a second, where
/// a machine is shared and its threads are moved: measure next to what is to be compared.
class ReadBandwidth {
 public:
  /// Reads `regions`, again and again. Where they fit into a cache it is the cache's speed.
  ReadBandwidth(const std::vector<std::span<const std::byte>>& regions, unsigned threads);

  /// Bytes per second of `threads` threads together over the next quarter of a gigabyte: the best of several
  /// loops, with and without prefetching.
  double measure();

 private:
  std::vector<std::span<const std::byte>> chunks_;
  size_t next_ = 0;  ///< chunk
  unsigned threads_;
};

}  // namespace kvasir::app
