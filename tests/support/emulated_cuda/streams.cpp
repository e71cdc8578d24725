#include "tests/support/emulated_cuda/block_runner.h"
#include "tests/support/emulated_cuda/device.h"
#include "tests/support/emulated_cuda/device_memory.h"
#include "tests/support/emulated_cuda/launch.h"
#include "tests/support/emulated_cuda/runtime_api.h"
#include "tests/support/emulated_cuda/stream_state.h"

#include <cxxabi.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

using emulated_cuda::Operation;

// What was recorded, in an order in which it may run: that in which it was enqueued.
struct CUgraph_st {
  std::vector<Operation> operations;
};
struct CUgraphExec_st {
  std::vector<Operation> operations;
};

namespace {

/// The recording of one stream, and of those that wait for its events meanwhile.
struct Capture {
  CUstream_st* origin = nullptr;
  std::vector<Operation> operations;
  std::set<CUstream_st*> streams;
  bool invalid = false;
};

}  // namespace

struct CUstream_st {
  std::shared_ptr<Capture> capture;
  size_t recorded = 0;  // operations of this capture
  size_t joined = 0;    // how many of them the origin waits for
};
struct CUevent_st {
  std::chrono::steady_clock::time_point time;
  bool was_recorded = false;
  // In a capture: after which of a stream's operations.
  std::shared_ptr<Capture> capture;
  CUstream_st* stream = nullptr;
  size_t position = 0;
};

namespace emulated_cuda {
namespace {

std::mutex mutex;  // of all that follows
int captures = 0;
std::map<const void*, size_t> allowed_shared_bytes;

constexpr size_t kSharedBytesOfAnyKernel = 48 * 1024;
constexpr unsigned kMaxThreadsOfBlock = 1024;
constexpr unsigned kMaxBlocksOfOtherDimensions = 65535;

std::string demangled(const char* name) {
  int status = 0;
  char* const text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = text == nullptr ? name : text;
  std::free(text);
  return result;
}

cudaError_t check_launch(const cudaLaunchConfig_t& config, const void* kernel) {
  const dim3 grid = config.gridDim, block = config.blockDim;
  const size_t threads = size_t{block.x} * block.y * block.z;
  if (threads == 0 || threads > kMaxThreadsOfBlock || block.z > 64) return cudaErrorInvalidConfiguration;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffffu) return cudaErrorInvalidConfiguration;
  if (grid.y > kMaxBlocksOfOtherDimensions || grid.z > kMaxBlocksOfOtherDimensions)
    return cudaErrorInvalidConfiguration;
  const std::lock_guard lock(mutex);
  const auto allowed = allowed_shared_bytes.find(kernel);
  const size_t limit = allowed == allowed_shared_bytes.end() ? kSharedBytesOfAnyKernel : allowed->second;
  return config.dynamicSmemBytes > limit ? cudaErrorInvalidValue : cudaSuccess;
}

/// Ends the process where a kernel's argument holds addresses that only the host can follow. Whatever looks
/// like an address of memory is taken for one: by chance, few numbers do.
void refuse_addresses_out_of_reach(const char* kernel_type, std::span<const std::byte> argument) {
  for (size_t at = 0; at + sizeof(void*) <= argument.size(); at += sizeof(void*)) {
    void* word = nullptr;
    std::memcpy(&word, argument.data() + at, sizeof word);
    if (!is_out_of_reach(word)) continue;
    std::fprintf(
        stderr,
        "emulated CUDA: %s: at byte %zu of its argument is the address %p, which is neither in device "
        "memory nor in pinned memory\n",
        demangled(kernel_type).c_str(), at, word);
    std::abort();
  }
}

/// A call that waits, on a stream that is captured, spoils the capture.
cudaError_t refuse_for(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  if (stream == nullptr || stream->capture == nullptr) return cudaSuccess;
  stream->capture->invalid = true;
  return note(cudaErrorStreamCaptureUnsupported);
}

}  // namespace

cudaError_t enqueue(cudaStream_t stream, Operation operation) {
  {
    const std::lock_guard lock(mutex);
    // The default stream waits for others.
    if (stream == nullptr && captures > 0) return note(cudaErrorStreamCaptureUnsupported);
    if (stream != nullptr && stream->capture != nullptr) {
      if (stream->capture->invalid) return note(cudaErrorStreamCaptureInvalidated);
      stream->capture->operations.push_back(std::move(operation));
      ++stream->recorded;
      return cudaSuccess;
    }
  }
  const DeviceMemoryAccess access;
  operation();
  return cudaSuccess;
}

cudaError_t refuse_in_capture() {
  const std::lock_guard lock(mutex);
  return captures > 0 ? note(cudaErrorStreamCaptureUnsupported) : cudaSuccess;
}

cudaError_t launch(const cudaLaunchConfig_t& config, const void* kernel, const char* type,
                   std::span<const std::byte> argument, std::function<void()> thread) {
  if (const cudaError_t error = check_launch(config, kernel); error != cudaSuccess) return note(error);
  refuse_addresses_out_of_reach(type, argument);
  return enqueue(config.stream, [=, name = demangled(type)] {
    run_grid(name.c_str(), config.gridDim, config.blockDim, config.dynamicSmemBytes, thread);
  });
}

}  // namespace emulated_cuda

using namespace emulated_cuda;

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
  if (value < 0 || static_cast<size_t>(value) > max_shared_bytes_per_block())
    return note(cudaErrorInvalidValue);
  const std::lock_guard lock(mutex);
  allowed_shared_bytes[kernel] = static_cast<size_t>(value);
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;
  return cudaSuccess;
}
cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithFlags(stream, 0);
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (stream == nullptr) return note(cudaErrorInvalidResourceHandle);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return refuse_for(stream);
}
cudaError_t cudaDeviceSynchronize() {
  return refuse_in_capture();
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  return enqueue(stream, [=] { function(data); });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, 0);
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (event == nullptr) return note(cudaErrorInvalidResourceHandle);
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  event->capture = stream == nullptr ? nullptr : stream->capture;
  event->stream = stream;
  event->position = stream == nullptr ? 0 : stream->recorded;
  event->was_recorded = event->capture == nullptr;
  event->time = std::chrono::steady_clock::now();
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const std::lock_guard lock(mutex);
  return event->capture == nullptr ? cudaSuccess : note(cudaErrorStreamCaptureUnsupported);
}
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  if (!start->was_recorded || !end->was_recorded) return note(cudaErrorInvalidResourceHandle);
  *ms = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const std::lock_guard lock(mutex);
  const std::shared_ptr<Capture> capture = event->capture;
  if (capture == nullptr) return cudaSuccess;
  if (stream == nullptr) return note(cudaErrorStreamCaptureUnsupported);
  if (stream->capture == nullptr) {
    stream->capture = capture;
    stream->recorded = stream->joined = 0;
    capture->streams.insert(stream);
  }
  if (stream->capture != capture) return note(cudaErrorStreamCaptureUnsupported);
  event->stream->joined = std::max(event->stream->joined, event->position);
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const std::lock_guard lock(mutex);
  if (stream == nullptr || stream->capture != nullptr) return note(cudaErrorStreamCaptureUnsupported);
  stream->capture = std::make_shared<Capture>();
  stream->capture->origin = stream;
  stream->capture->streams.insert(stream);
  stream->recorded = stream->joined = 0;
  ++captures;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(mutex);
  *graph = nullptr;
  const std::shared_ptr<Capture> capture = stream->capture;
  if (capture == nullptr || capture->origin != stream) return note(cudaErrorStreamCaptureUnmatched);
  bool joined = true;
  for (CUstream_st* const other : capture->streams) {
    joined = joined && (other == stream || other->joined == other->recorded);
    other->capture = nullptr;
  }
  --captures;
  if (capture->invalid) return note(cudaErrorStreamCaptureInvalidated);
  if (!joined) return note(cudaErrorStreamCaptureUnjoined);
  *graph = new CUgraph_st{std::move(capture->operations)};
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new CUgraphExec_st{graph->operations};
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  return enqueue(stream, [executable] {
    for (const Operation& operation : executable->operations) operation();
  });
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
