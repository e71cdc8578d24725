#pragma once

#include "engine/cuda/device/planes.h"
#include "engine/cuda/kernels/repack.h"
#include "engine/gguf/tensor_view.h"
#include "tests/engine/cuda/device_arrays.h"

#include <vector>

namespace kvasir::engine::cuda::test {

/// A weight at its home in device memory.
struct DeviceTensor {
  DeviceArray<std::byte> memory;
  DeviceMatrix matrix;
};

/// Brings a weight there in two pieces.
inline DeviceTensor device_tensor(Stream& stream, const TensorView& view) {
  DeviceMatrix matrix;
  matrix.type = view.dtype;
  matrix.cols = static_cast<uint32_t>(view.cols());
  matrix.rows = static_cast<uint32_t>(view.rows());
  matrix.matrices = static_cast<uint32_t>(view.matrices());
  DeviceTensor tensor{DeviceArray<std::byte>(device_bytes(matrix)), matrix};
  tensor.matrix.data = tensor.memory.data();
  const uint64_t rows = view.rows() * view.matrices(), first_piece = rows / 3;
  const DeviceArray<std::byte> raw(std::vector<std::byte>(view.data.begin(), view.data.end()));
  if (first_piece != 0) repack(stream, tensor.matrix, raw.data(), 0, first_piece);
  repack(stream, tensor.matrix, raw.data() + first_piece * view.row_stride_bytes(), first_piece,
         rows - first_piece);
  return tensor;
}

}  // namespace kvasir::engine::cuda::test
