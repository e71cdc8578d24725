#include "engine/cuda/copy_bandwidth.h"

#include "engine/cuda/memory.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace kvasir::engine::cuda {

Result<double> copy_bandwidth() {
  constexpr size_t kBytes = size_t{1} << 30;
  size_t free_bytes = 0;
  size_t total_bytes = 0;
  if (const auto result = cudaMemGetInfo(&free_bytes, &total_bytes); result != cudaSuccess)
    return tl::unexpected(error_of(result));
  const size_t bytes = std::min(kBytes, free_bytes / 4);
  const auto from = DeviceBuffer::take(bytes);
  if (!from) return tl::unexpected(from.error());
  const auto to = DeviceBuffer::take(bytes);
  if (!to) return tl::unexpected(to.error());

  std::array<double, 9> seconds;
  for (double& taken : seconds) {
    cudaDeviceSynchronize();
    const auto begin = std::chrono::steady_clock::now();
    auto result = cudaMemcpyAsync(to->data(), from->data(), bytes, cudaMemcpyDeviceToDevice);
    if (result == cudaSuccess) result = cudaDeviceSynchronize();
    if (result != cudaSuccess) return tl::unexpected(error_of(result));
    taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  std::ranges::sort(seconds);
  return 2 * static_cast<double>(bytes) / seconds[seconds.size() / 2];
}

}  // namespace kvasir::engine::cuda
