#pragma once

#include "engine/gguf/dtype.h"

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cuda {

/// A weight in device memory: `matrices` matrices of `rows` rows of `cols` values. Quantised rows stand in
/// the planes that device/planes.h describes, others as in the file. `data` is aligned to 256 bytes.
struct DeviceMatrix {
  DType type = DType::F32;
  uint32_t cols = 0;
  uint32_t rows = 0;
  uint32_t matrices = 0;
  const std::byte* data = nullptr;

  bool present() const { return data != nullptr; }
};

}  // namespace kvasir::engine::cuda
