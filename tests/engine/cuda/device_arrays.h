#pragma once

#include "engine/cuda/kernels/workspace.h"
#include "engine/cuda/stream.h"
#include "tests/engine/ops/random_tensors.h"

#include <cuda_runtime.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace kvasir::engine::cuda::test {

/// {count} values in device memory.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) {
    if (cudaMalloc(&data_, count * sizeof(T)) != cudaSuccess) std::abort();
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    cudaMemcpy(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice);
  }
  DeviceArray(DeviceArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  DeviceArray& operator=(DeviceArray&&) = delete;
  ~DeviceArray() { cudaFree(data_); }

  T* data() const { return data_; }
  size_t size() const { return count_; }
  std::vector<T> values() const {
    std::vector<T> values(count_);
    cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost);
    return values;
  }

 private:
  T* data_ = nullptr;
  size_t count_ = 0;
};

inline Workspace workspace_of(const DeviceArray<std::byte>& memory) {
  return {memory.data(), memory.size()};
}

/// {rows, cols} floats in device memory, `stride` apart, with guard values around and between them.
class DeviceRows {
 public:
  DeviceRows(uint32_t rows, uint32_t cols, size_t stride)
      : rows_(rows), cols_(cols), stride_(stride), memory_(guards(rows, stride)) {}
  /// With `values` {rows, cols}.
  DeviceRows(const std::vector<float>& values, uint32_t cols, size_t stride)
      : DeviceRows(static_cast<uint32_t>(values.size() / cols), cols, stride) {
    for (uint32_t row = 0; row < rows_; ++row)
      cudaMemcpy(data() + row * stride_, values.data() + size_t{row} * cols_, cols_ * sizeof(float),
                 cudaMemcpyHostToDevice);
  }

  float* data() const { return memory_.data() + kGuard; }
  size_t stride() const { return stride_; }
  uint32_t rows() const { return rows_; }
  uint32_t cols() const { return cols_; }

  bool guards_intact() const {
    const std::vector<float> all = memory_.values();
    for (size_t i = 0; i < all.size(); ++i) {
      const bool guard = i < kGuard || i >= kGuard + rows_ * stride_ || (i - kGuard) % stride_ >= cols_;
      if (guard && std::bit_cast<uint32_t>(all[i]) != kGuardBits) return false;
    }
    return true;
  }
  /// {rows, cols}
  std::vector<float> values() const {
    const std::vector<float> all = memory_.values();
    std::vector<float> values;
    for (uint32_t row = 0; row < rows_; ++row) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(kGuard + row * stride_);
      values.insert(values.end(), first, first + cols_);
    }
    return values;
  }

 private:
  /// A NaN with a payload that no computation makes.
  static constexpr uint32_t kGuardBits = 0x7fc5a5a5u;
  static constexpr size_t kGuard = 64;

  static std::vector<float> guards(uint32_t rows, size_t stride) {
    return std::vector<float>(2 * kGuard + rows * stride, std::bit_cast<float>(kGuardBits));
  }

  uint32_t rows_;
  uint32_t cols_;
  size_t stride_;
  DeviceArray<float> memory_;
};

/// What the present device can do.
inline DeviceLimits device_limits() {
  const auto attribute = [](cudaDeviceAttr which) {
    int value = 0;
    if (cudaDeviceGetAttribute(&value, which, 0) != cudaSuccess) std::abort();
    return value;
  };
  return {10 * attribute(cudaDevAttrComputeCapabilityMajor) + attribute(cudaDevAttrComputeCapabilityMinor),
          static_cast<uint32_t>(attribute(cudaDevAttrMultiProcessorCount)),
          static_cast<size_t>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin))};
}

inline std::vector<float> normal_values(engine::test::Random& random, size_t count) {
  std::vector<float> values(count);
  for (float& value : values) value = random.normal();
  return values;
}

}  // namespace kvasir::engine::cuda::test
