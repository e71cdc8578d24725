#pragma once

#include "engine/cuda/device/host_device.h"

#include <cstdint>

namespace kvasir::engine::cuda {

/// Where a batch's tokens stand in the sequence. The number itself lies in device memory, so that recorded
/// kernels can be launched again for another position.
struct BatchPosition {
  const uint32_t* first_of_batch = nullptr;  ///< device memory
  uint32_t offset = 0;                       ///< of the call's first token in the batch

  /// Position of the call's token `token`.
  KVASIR_HOST_DEVICE uint32_t of(uint32_t token) const { return *first_of_batch + offset + token; }
};

}  // namespace kvasir::engine::cuda
