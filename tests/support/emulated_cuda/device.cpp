#include "tests/support/emulated_cuda/device.h"

#include "tests/support/emulated_cuda/runtime_api.h"
#include "tests/support/emulated_cuda/stream_state.h"

#include <cstring>

namespace emulated_cuda {
namespace {

Device the_device;
cudaError_t last_error = cudaSuccess;

struct ErrorText {
  cudaError_t error;
  const char* name;
  const char* text;
};
constexpr ErrorText kErrors[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument"},
    {cudaErrorInvalidMemcpyDirection, "cudaErrorInvalidMemcpyDirection", "invalid copy direction for memcpy"},
    {cudaErrorInsufficientDriver, "cudaErrorInsufficientDriver",
     "CUDA driver version is insufficient for CUDA runtime version"},
    {cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
    {cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure"},
    {cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported",
     "operation not permitted when stream is capturing"},
    {cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated",
     "operation failed due to a previous error during capture"},
    {cudaErrorStreamCaptureUnmatched, "cudaErrorStreamCaptureUnmatched",
     "capture was not initiated in this stream"},
    {cudaErrorStreamCaptureUnjoined, "cudaErrorStreamCaptureUnjoined", "capturing stream has unjoined work"},
    {cudaErrorUnknown, "cudaErrorUnknown", "unknown error"},
};

const ErrorText& text_of(cudaError_t error) {
  for (const ErrorText& known : kErrors)
    if (known.error == error) return known;
  return std::end(kErrors)[-1];
}

}  // namespace

void set_device(const Device& device) {
  the_device = device;
}
const Device& device() {
  return the_device;
}

// The table "Technical Specifications per Compute Capability" of NVIDIA's programming guide, less 1 KiB.
size_t max_shared_bytes_per_block() {
  constexpr size_t kKiB = 1024;
  switch (the_device.compute_capability) {
    case 75:
      return 64 * kKiB;
    case 80:
    case 87:
      return 163 * kKiB;
    case 90:
    case 100:
    case 103:
      return 227 * kKiB;
    default:
      return 99 * kKiB;
  }
}

cudaError_t note(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

}  // namespace emulated_cuda

using emulated_cuda::device;
using emulated_cuda::note;

const char* cudaGetErrorString(cudaError_t error) {
  return emulated_cuda::text_of(error).text;
}
const char* cudaGetErrorName(cudaError_t error) {
  return emulated_cuda::text_of(error).name;
}
cudaError_t cudaPeekAtLastError() {
  return emulated_cuda::last_error;
}
cudaError_t cudaGetLastError() {
  const cudaError_t error = emulated_cuda::last_error;
  emulated_cuda::last_error = cudaSuccess;
  return error;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = device().multiprocessors == 0 ? 0 : 1;
  return note(*count == 0 ? cudaErrorNoDevice : cudaSuccess);
}
cudaError_t cudaSetDevice(int chosen) {
  if (device().multiprocessors == 0) return note(cudaErrorNoDevice);
  return note(chosen == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}
cudaError_t cudaGetDevice(int* current) {
  *current = 0;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int chosen) {
  if (const cudaError_t error = cudaSetDevice(chosen); error != cudaSuccess) return error;
  *properties = {};
  std::strcpy(properties->name, "Emulated device");
  properties->totalGlobalMem = device().memory_bytes;
  properties->sharedMemPerBlock = 48 * 1024;
  properties->sharedMemPerBlockOptin = emulated_cuda::max_shared_bytes_per_block();
  properties->sharedMemPerMultiprocessor = properties->sharedMemPerBlockOptin + 1024;
  properties->warpSize = warpSize;
  properties->major = device().compute_capability / 10;
  properties->minor = device().compute_capability % 10;
  properties->multiProcessorCount = static_cast<int>(device().multiprocessors);
  properties->l2CacheSize = 4 << 20;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int chosen) {
  cudaDeviceProp properties;
  if (const cudaError_t error = cudaGetDeviceProperties(&properties, chosen); error != cudaSuccess)
    return error;
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount:
      *value = properties.multiProcessorCount;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      *value = properties.major;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = properties.minor;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = static_cast<int>(properties.sharedMemPerBlockOptin);
      return cudaSuccess;
  }
  return note(cudaErrorInvalidValue);
}

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  *total_bytes = device().memory_bytes;
  *free_bytes = *total_bytes - emulated_cuda::allocated_bytes();
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  return cudaDriverGetVersion(version);
}
