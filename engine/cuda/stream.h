#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace kvasir::engine::cuda {

/// What kernels' shapes depend on.
struct DeviceLimits {
  int compute_capability = 0;  ///< 10 · major + minor: 75 to 120
  uint32_t multiprocessors = 0;
  size_t shared_bytes_per_block = 0;  ///< with opt-in

  /// BF16 products on tensor cores and asynchronous copies to shared memory.
  bool has_bf16_tensor_cores() const { return compute_capability >= 80; }
};

/// Hears of launches: for profiles. Called on the launching thread.
class LaunchObserver {
 public:
  virtual ~LaunchObserver() = default;
  virtual void before(const char* kernel, cudaStream_t stream) = 0;
  virtual void after(const char* kernel, cudaStream_t stream) = 0;
};

/// Where kernels are launched. The first error stays: nothing is launched after it, and whoever uses the
/// stream asks for it at the end. One thread at a time; does not own the CUDA stream.
class Stream {
 public:
  Stream(cudaStream_t stream, const DeviceLimits& limits) : stream_(stream), limits_(limits) {}

  cudaStream_t get() const { return stream_; }
  const DeviceLimits& limits() const { return limits_; }
  cudaError_t error() const { return error_; }
  /// Remembers the result of a CUDA call.
  void note(cudaError_t result) {
    if (error_ == cudaSuccess) error_ = result;
  }
  void set_observer(LaunchObserver* observer) { observer_ = observer; }

  /// Launches a kernel, which takes one plain struct. An empty grid is no launch.
  template <class Params>
  void launch(const char* name, void (*kernel)(Params), dim3 grid, dim3 block, size_t shared_bytes,
              const Params& params) {
    if (error_ != cudaSuccess || grid.x == 0 || grid.y == 0 || grid.z == 0) return;
    // Beyond 48 KiB, in which arrays of its own count too, a kernel must be allowed its shared memory.
    constexpr size_t kSharedBytesOfAnyKernel = 32 * 1024;
    if (shared_bytes > kSharedBytesOfAnyKernel)
      note(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)));
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared_bytes;
    config.stream = stream_;
    if (observer_ != nullptr) observer_->before(name, stream_);
    note(cudaLaunchKernelEx(&config, kernel, params));
    if (observer_ != nullptr) observer_->after(name, stream_);
  }

 private:
  cudaStream_t stream_;
  DeviceLimits limits_;
  cudaError_t error_ = cudaSuccess;
  LaunchObserver* observer_ = nullptr;
};

}  // namespace kvasir::engine::cuda
