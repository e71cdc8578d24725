#pragma once

#include "engine/cuda/memory.h"
#include "engine/cuda/stream.h"
#include "engine/ops/backend.h"

#include <atomic>
#include <memory>
#include <vector>

namespace kvasir::engine::cuda {

/// Feed-forward networks whose routed experts stay in RAM: activations go to the host, the processor
/// computes, and the sums come back, while the device computes the shared experts. All of it is launched,
/// nothing waited for, so that it can be recorded.
///
/// One thread; `host` is used by a thread of CUDA's, one call at a time.
class HostExperts {
 public:
  /// Room for batches of `max_tokens` tokens.
  static Result<std::unique_ptr<HostExperts>> create(Backend& host, uint32_t max_tokens, uint32_t hidden,
                                                     uint32_t per_token);
  /// Waits for what it launched.
  ~HostExperts();

  /// The weights in the host backend's home.
  struct Weights {
    TensorView gate, up, down;
  };
  /// Device memory: {tokens, per_token} each, and {tokens, hidden}.
  struct Call {
    const int32_t* experts = nullptr;
    const float* routing_weights = nullptr;
    const float* in = nullptr;
    size_t in_stride = 0;
    uint32_t tokens = 0;
    BatchSize size = BatchSize::Small;
  };
  /// Begins to compute behind what was launched on `compute`.
  void begin(Stream& compute, const Weights& weights, const Call& call);
  /// The results of the last `begin`, {tokens, hidden} in device memory: what is launched on `compute` from
  /// now on waits for them.
  const float* end(Stream& compute);

  /// What the launches since the last call of this need as long as they may run.
  std::shared_ptr<void> take_needed();
  /// Whether the processor had too little memory.
  bool failed() const { return failed_; }

 private:
  struct Job;
  HostExperts(Backend& host, uint32_t hidden, uint32_t per_token)
      : host_(host), hidden_(hidden), per_token_(per_token) {}

  Backend& host_;
  const uint32_t hidden_;
  const uint32_t per_token_;
  OwnedStream stream_;
  OwnedEvent begun_;
  OwnedEvent done_;
  PinnedBuffer experts_;          ///< {tokens, per_token}
  PinnedBuffer routing_weights_;  ///< {tokens, per_token}
  PinnedBuffer in_;               ///< {tokens, hidden}
  PinnedBuffer out_;              ///< {tokens, hidden}
  DeviceBuffer results_;          ///< {tokens, hidden}
  std::atomic<bool> failed_ = false;
  std::shared_ptr<std::vector<std::unique_ptr<Job>>> jobs_;
};

}  // namespace kvasir::engine::cuda
