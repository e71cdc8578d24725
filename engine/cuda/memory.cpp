#include "engine/cuda/memory.h"

namespace kvasir::engine::cuda {

Result<OwnedStream> make_stream() {
  cudaStream_t stream = nullptr;
  if (const auto result = cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking); result != cudaSuccess)
    return tl::unexpected(error_of(result));
  return OwnedStream(stream);
}

Result<OwnedEvent> make_event() {
  cudaEvent_t event = nullptr;
  if (const auto result = cudaEventCreateWithFlags(&event, cudaEventDisableTiming); result != cudaSuccess)
    return tl::unexpected(error_of(result));
  return OwnedEvent(event);
}

}  // namespace kvasir::engine::cuda
