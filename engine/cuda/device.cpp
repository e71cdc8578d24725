#include "engine/cuda/device.h"

#include <filesystem>
#include <string>
#include <utility>

namespace kvasir::engine::cuda {
namespace {

/// What NVIDIA's driver shows of itself while it is loaded.
constexpr const char* kLoadedDriver = "/proc/driver/nvidia/version";

/// "13.0"
std::string version_text(cudaError_t (*get_version)(int*)) {
  int version = 0;
  get_version(&version);
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace

Error error_of(cudaError_t result) {
  const std::string words = std::string(cudaGetErrorName(result)) + ": " + cudaGetErrorString(result);
  switch (result) {
    case cudaErrorMemoryAllocation:
      return {
          ErrorCode::OutOfMemory,
          "The GPU's memory is full (" + words +
              "). Close programs that use it, choose a shorter context, or give the model less of it in the "
              "settings."};
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
      return {ErrorCode::Device, "This build of Kvasir has no kernels for the GPU (" + words +
                                     "). Build it for this one's compute capability, or let the processor "
                                     "compute."};
    default:  // After most errors CUDA works no more in the same process.
      return {ErrorCode::Device,
              "The GPU stopped working (" + words +
                  "). Start Kvasir again; if that does not help, restart the computer or let "
                  "the processor compute."};
  }
}

Result<DeviceLimits> limits_of(int device) {
  int major = 0, minor = 0, multiprocessors = 0, shared_bytes = 0;
  for (const auto& [value, attribute] : {std::pair{&major, cudaDevAttrComputeCapabilityMajor},
                                         {&minor, cudaDevAttrComputeCapabilityMinor},
                                         {&multiprocessors, cudaDevAttrMultiProcessorCount},
                                         {&shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin}})
    if (const auto result = cudaDeviceGetAttribute(value, attribute, device); result != cudaSuccess)
      return tl::unexpected(error_of(result));
  return DeviceLimits{.compute_capability = 10 * major + minor,
                      .multiprocessors = static_cast<uint32_t>(multiprocessors),
                      .shared_bytes_per_block = static_cast<size_t>(shared_bytes)};
}

Result<std::vector<CudaDevice>> devices() {
  int count = 0;
  if (const auto result = cudaGetDeviceCount(&count); result != cudaSuccess) {
    cudaGetLastError();  // it is told here, and must not be met again by the next call
    // Without a driver the runtime speaks of one that is too old.
    if (result == cudaErrorNoDevice || !std::filesystem::exists(kLoadedDriver))
      return std::vector<CudaDevice>();
    if (result == cudaErrorInsufficientDriver)
      return fail(ErrorCode::Device, "NVIDIA's driver is too old for this build of Kvasir: it is for CUDA " +
                                         version_text(cudaDriverGetVersion) + ", CUDA " +
                                         version_text(cudaRuntimeGetVersion) +
                                         " is needed. Update the driver.");
    return fail(ErrorCode::Device,
                std::string("The GPU can't be used (") + cudaGetErrorString(result) + ").");
  }
  int current = 0;
  cudaGetDevice(&current);
  std::vector<CudaDevice> found;
  for (int index = 0; index < count; ++index) {
    const auto limits = limits_of(index);
    if (!limits || limits->compute_capability < kLeastComputeCapability) continue;
    cudaDeviceProp properties{};
    size_t free_bytes = 0;
    size_t total_bytes = 0;
    if (cudaGetDeviceProperties(&properties, index) != cudaSuccess || cudaSetDevice(index) != cudaSuccess ||
        cudaMemGetInfo(&free_bytes, &total_bytes) != cudaSuccess) {
      cudaGetLastError();
      continue;
    }
    found.push_back({index, properties.name, limits->compute_capability, total_bytes, free_bytes});
  }
  cudaSetDevice(current);  // the calling thread may be using it
  return found;
}

}  // namespace kvasir::engine::cuda
