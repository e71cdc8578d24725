#include "app/services/gpu.h"

#include "engine/runtime/cuda_library.h"
#include "engine/runtime/load_on_gpu.h"

namespace kvasir::app {

std::optional<Gpu> find_gpu() {
  const auto cuda = engine::load_cuda_module();
  if (!cuda) return std::nullopt;
  const auto gpu = engine::choose_gpu(**cuda);
  if (!gpu || !*gpu) return std::nullopt;
  return Gpu{(*gpu)->name, (*gpu)->total_bytes, (*gpu)->free_bytes};
}

}  // namespace kvasir::app
