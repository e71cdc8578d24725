#pragma once

#include "engine/base/result.h"
#include "engine/cuda/device.h"

#include <cuda_runtime.h>

#include <cstddef>
#include <memory>
#include <utility>

namespace kvasir::engine::cuda {

struct FreeDevice {
  void operator()(std::byte* memory) const { cudaFree(memory); }
};
struct FreePinned {
  void operator()(std::byte* memory) const { cudaFreeHost(memory); }
};

/// A piece of memory of the device's, or of the host's that the device copies from and to by itself.
template <class Free>
class Buffer {
 public:
  std::byte* data() const { return memory_.get(); }
  size_t bytes() const { return bytes_; }
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(memory_.get());
  }

  /// OutOfMemory where there is none.
  static Result<Buffer> take(size_t bytes) {
    void* memory = nullptr;
    const cudaError_t result = allocate(&memory, bytes, Free());
    if (result != cudaSuccess) {
      cudaGetLastError();  // told here
      return tl::unexpected(error_of(result));
    }
    Buffer buffer;
    buffer.memory_.reset(static_cast<std::byte*>(memory));
    buffer.bytes_ = bytes;
    return buffer;
  }

 private:
  static cudaError_t allocate(void** memory, size_t bytes, FreeDevice) { return cudaMalloc(memory, bytes); }
  static cudaError_t allocate(void** memory, size_t bytes, FreePinned) {
    return cudaMallocHost(memory, bytes);
  }
  std::unique_ptr<std::byte, Free> memory_;
  size_t bytes_ = 0;
};
using DeviceBuffer = Buffer<FreeDevice>;
using PinnedBuffer = Buffer<FreePinned>;

struct DestroyStream {
  void operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }
};
struct DestroyEvent {
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
};
using OwnedStream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, DestroyStream>;
using OwnedEvent = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent>;

/// They do not wait for the default stream.
Result<OwnedStream> make_stream();
/// An event without a time.
Result<OwnedEvent> make_event();

}  // namespace kvasir::engine::cuda
