#pragma once

#include "engine/cuda/device/host_device.h"

#include <bit>
#include <cstdint>

namespace kvasir::engine::cuda {

/// Numbers order as their keys do, −0 as 0; NaN comes below all numbers. No key is 0.
KVASIR_HOST_DEVICE inline uint32_t order_key(float value) {
  if (value != value) return 1;
  const uint32_t bits = std::bit_cast<uint32_t>(value + 0.0f);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}

}  // namespace kvasir::engine::cuda
