#include "app/services/gpu.h"

#include "engine/runtime/cuda_library.h"

#include <algorithm>

namespace kvasir::app {

std::optional<Gpu> find_gpu() {
  const auto cuda = engine::load_cuda_module();
  if (!cuda) return std::nullopt;
  const auto devices = (*cuda)->devices();
  if (!devices || devices->empty()) return std::nullopt;
  const auto& device = *std::ranges::max_element(*devices, {}, &engine::CudaDevice::free_bytes);
  return Gpu{device.name, device.total_bytes, device.free_bytes};
}

}  // namespace kvasir::app
