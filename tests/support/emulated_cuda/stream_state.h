#pragma once

#include "tests/support/emulated_cuda/runtime_api.h"

#include <functional>

namespace emulated_cuda {

using Operation = std::function<void()>;

/// Runs an operation, or records it where the stream is captured.
cudaError_t enqueue(cudaStream_t stream, Operation operation);

/// Fails where some stream is captured: such calls would wait for work that is only recorded.
cudaError_t refuse_in_capture();

/// Makes an error the last one.
cudaError_t note(cudaError_t error);

}  // namespace emulated_cuda
