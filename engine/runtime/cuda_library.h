#pragma once

#include "engine/base/result.h"
#include "engine/cuda/cuda_module.h"

namespace kvasir::engine {

/// Loads the shared object with the CUDA backend, from the program's own folder or the library folder beside
/// it; it stays loaded as long as the process lives. Device with the reason where there is none, or where it
/// belongs to another build. Whether there is a GPU is another question: see CudaModule::devices.
Result<const CudaModule*> load_cuda_module();

}  // namespace kvasir::engine
