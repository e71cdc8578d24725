#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace kvasir::engine::cuda {

/// What makes two batches the same but for their tokens and position.
struct RecordingKey {
  uint32_t recording = 0;  ///< see Batch
  uint32_t tokens = 0;
  const std::byte* cache_rows = nullptr;
  uint32_t cache_capacity = 0;
  uint32_t cache_type = 0;

  bool operator==(const RecordingKey&) const = default;
};

/// Batches that are launched whole, as CUDA graphs: hundreds of small kernels then cost one launch. The first
/// batch of a kind runs as it is, so that nothing is left to be prepared; the second is recorded.
///
/// One thread.
class Recordings {
 public:
  enum class Step { Run, Record, Repeat };

  /// What to do with a batch. Record: what is launched on the stream from now on does not run before `end`.
  Step begin(const RecordingKey& key, cudaStream_t stream);
  bool is_recording() const { return recording_ != nullptr; }
  /// Ends what `begin` said to record, and runs it. `kept` lives as long as the recording.
  cudaError_t end(cudaStream_t stream, std::shared_ptr<void> kept);
  /// Runs what was recorded for the batch that `begin` was last asked about.
  cudaError_t repeat(cudaStream_t stream);
  /// The batch that `begin` was last asked about, with this key, was given up: where it was being recorded,
  /// what was launched of it does not run. The next one of its kind is the first again.
  void abandon(const RecordingKey& key, cudaStream_t stream);
  /// Whatever was recorded is recorded again before it is repeated. Not while a batch runs.
  void forget();

 private:
  struct DestroyGraph {
    void operator()(cudaGraphExec_t graph) const { cudaGraphExecDestroy(graph); }
  };
  struct Recording {
    RecordingKey key;
    std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, DestroyGraph> graph;
    std::shared_ptr<void> kept;
  };
  /// Chats of one window need few; the oldest goes.
  static constexpr size_t kMost = 8;
  std::vector<std::unique_ptr<Recording>> recordings_;
  Recording* recording_ = nullptr;
  Recording* repeated_ = nullptr;
};

}  // namespace kvasir::engine::cuda
