#pragma once

namespace emulated_cuda {

/// Whether a kernel would fail where it follows this address: memory of the host that is not pinned, and
/// device memory that was freed. Numbers that are no addresses at all are none of these.
bool is_out_of_reach(const void* address);

/// Device memory is there for kernels and copies, not for the host: AddressSanitizer reports accesses while
/// none of these exists.
class DeviceMemoryAccess {
 public:
  DeviceMemoryAccess();
  ~DeviceMemoryAccess();
  DeviceMemoryAccess(const DeviceMemoryAccess&) = delete;
  DeviceMemoryAccess& operator=(const DeviceMemoryAccess&) = delete;
};

}  // namespace emulated_cuda
