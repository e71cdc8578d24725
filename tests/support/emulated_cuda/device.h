#pragma once

#include <cstddef>
#include <cstdint>

namespace emulated_cuda {

/// What the emulated device says of itself.
struct Device {
  int compute_capability = 90;  ///< 10 · major + minor
  uint32_t multiprocessors = 6;
  size_t memory_bytes = size_t{8} << 30;
};

/// The one device; tests change it before they use it, and where there is none, set multiprocessors to 0.
void set_device(const Device& device);
const Device& device();

/// The most shared memory that a block may ask for.
size_t max_shared_bytes_per_block();

/// Bytes of device memory that are allocated.
size_t allocated_bytes();

}  // namespace emulated_cuda
