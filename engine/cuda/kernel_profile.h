#pragma once

#include "engine/cuda/stream.h"
#include "engine/ops/backend.h"

#include <string>
#include <vector>

namespace kvasir::engine::cuda {

/// Times kernels one by one, by events around each launch. One thread.
class KernelProfile final : public LaunchObserver {
 public:
  ~KernelProfile() override;

  void before(const char* kernel, cudaStream_t stream) override;
  void after(const char* kernel, cudaStream_t stream) override;
  /// Waits for what was launched. What it took since the last call, most time first.
  std::vector<ComputeDevice::KernelTime> take();

 private:
  struct Launch {
    std::string kernel;
    cudaEvent_t begin;
    cudaEvent_t end;
  };
  cudaEvent_t event();

  std::vector<Launch> launches_;
  std::vector<cudaEvent_t> free_events_;
};

}  // namespace kvasir::engine::cuda
