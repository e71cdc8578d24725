#include "engine/cuda/recordings.h"

#include <algorithm>
#include <utility>

namespace kvasir::engine::cuda {

Recordings::Step Recordings::begin(const RecordingKey& key, cudaStream_t stream) {
  const auto known =
      std::ranges::find_if(recordings_, [&](const auto& recording) { return recording->key == key; });
  if (known == recordings_.end()) {
    if (recordings_.size() == kMost) recordings_.erase(recordings_.begin());
    recordings_.push_back(std::make_unique<Recording>());
    recordings_.back()->key = key;
    return Step::Run;
  }
  if ((*known)->graph) {
    repeated_ = known->get();
    return Step::Repeat;
  }
  if (cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) != cudaSuccess) {
    cudaGetLastError();
    return Step::Run;
  }
  recording_ = known->get();
  return Step::Record;
}

cudaError_t Recordings::end(cudaStream_t stream, std::shared_ptr<void> kept) {
  Recording& recording = *std::exchange(recording_, nullptr);
  cudaGraph_t graph = nullptr;
  cudaError_t result = cudaStreamEndCapture(stream, &graph);
  if (result != cudaSuccess) return result;
  cudaGraphExec_t executable = nullptr;
  result = cudaGraphInstantiate(&executable, graph, 0);
  cudaGraphDestroy(graph);
  if (result != cudaSuccess) return result;
  recording.graph.reset(executable);
  recording.kept = std::move(kept);
  return cudaGraphLaunch(executable, stream);
}

void Recordings::abandon(const RecordingKey& key, cudaStream_t stream) {
  if (std::exchange(recording_, nullptr) != nullptr) {
    cudaGraph_t graph = nullptr;
    cudaStreamEndCapture(stream, &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();  // what was cut short may be no valid graph
  }
  // Its first run may not have prepared all of it.
  std::erase_if(recordings_, [&](const auto& recording) { return recording->key == key; });
}

void Recordings::forget() {
  for (const auto& recording : recordings_) {
    recording->graph.reset();
    recording->kept.reset();
  }
}

cudaError_t Recordings::repeat(cudaStream_t stream) {
  return cudaGraphLaunch(repeated_->graph.get(), stream);
}

}  // namespace kvasir::engine::cuda
