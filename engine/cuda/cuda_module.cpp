#include "engine/cuda/cuda_module.h"

#include "engine/cuda/copy_bandwidth.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/device.h"

namespace {

using namespace kvasir::engine;

constexpr CudaModule kModule = {KVASIR_BUILD_ID, cuda::devices, cuda::CudaBackend::create,
                                cuda::copy_bandwidth};

}  // namespace

/// What the program looks up in the shared object.
extern "C" __attribute__((visibility("default"))) const CudaModule* kvasir_cuda_module() {
  return &kModule;
}
