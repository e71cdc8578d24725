#pragma once

#include "engine/cuda/device/host_device.h"

#include <cstdint>

namespace kvasir::engine::cuda {

/// a / b, rounded up.
KVASIR_HOST_DEVICE constexpr uint32_t divide_up(uint32_t a, uint32_t b) {
  return (a + b - 1) / b;
}

}  // namespace kvasir::engine::cuda
