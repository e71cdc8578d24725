#pragma once

#include "engine/base/result.h"
#include "engine/ops/backend.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kvasir::engine {

/// A GPU as CUDA sees it.
struct CudaDevice {
  int index = 0;
  std::string name;            ///< "NVIDIA GeForce RTX 4070"
  int compute_capability = 0;  ///< 10 · major + minor
  uint64_t total_bytes = 0;
  uint64_t free_bytes = 0;  ///< when it was asked
};

struct CudaOptions {
  int device = 0;
  /// What may be taken of the GPU's memory; 0: what is free but for `kVramLeftBytes`.
  uint64_t vram_bytes = 0;
  Arithmetic arithmetic = Arithmetic::Fast;
  /// For the caches that will be made: weights leave so much.
  uint64_t cache_bytes = 0;
  /// The more share a pass over the experts, the less each costs; at most 4,096.
  uint32_t max_batch_tokens = 2048;
  /// Times every kernel, which makes all of it slower; see ComputeDevice::kernel_times.
  bool profile = false;
};

/// For the desktop, and for what other programs want meanwhile.
constexpr uint64_t kVramLeftBytes = uint64_t{1} << 30;

/// What the shared object with the kernels offers; see cuda_library.h, which loads it.
struct CudaModule {
  /// Of the program that it was built with: another one's classes may look otherwise.
  const char* build_id = nullptr;
  /// Empty where there is no GPU that the kernels run on; Device with the reason where there is no
  /// driver or an unsuitable one.
  Result<std::vector<CudaDevice>> (*devices)() = nullptr;
  /// `host` computes the experts that find no room on the GPU.
  Result<std::unique_ptr<Backend>> (*make_backend)(const CudaOptions& options,
                                                   std::unique_ptr<Backend> host) = nullptr;
  /// Bytes per second that the current GPU reads and writes when it copies its own memory: the median of some
  /// copies that are too large for its caches.
  Result<double> (*copy_bandwidth)() = nullptr;
};

}  // namespace kvasir::engine
