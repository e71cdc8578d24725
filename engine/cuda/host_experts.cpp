#include "engine/cuda/host_experts.h"

#include <algorithm>
#include <utility>

namespace kvasir::engine::cuda {

/// What the processor does for one block of one batch.
struct HostExperts::Job {
  HostExperts& owner;
  Weights weights;
  uint32_t tokens;
  BatchSize size;

  void run() const {
    const uint32_t hidden = owner.hidden_;
    const Routing routing{owner.experts_.as<int32_t>(), owner.routing_weights_.as<float>(), tokens,
                          owner.per_token_};
    const Activations in{owner.in_.as<float>(), tokens, hidden, hidden};
    const Activations out{owner.out_.as<float>(), tokens, hidden, hidden};
    std::fill_n(out.data, size_t{tokens} * hidden, 0.0f);
    const TensorView none;
    owner.host_.begin_batch({.size = size});
    owner.host_.moe_ffn_add(out, routing, {weights.gate, weights.up, weights.down}, {none, none, none}, in);
  }

  /// Called by CUDA, into which no exception may go. They tell of a lack of memory.
  static void run_job(void* job) {
    try {
      static_cast<const Job*>(job)->run();
    } catch (...) {
      static_cast<const Job*>(job)->owner.failed_ = true;
    }
  }
};

Result<std::unique_ptr<HostExperts>> HostExperts::create(Backend& host, uint32_t max_tokens, uint32_t hidden,
                                                         uint32_t per_token) {
  std::unique_ptr<HostExperts> experts(new HostExperts(host, hidden, per_token));
  const size_t routing_bytes = size_t{max_tokens} * per_token * sizeof(float);
  const size_t row_bytes = size_t{max_tokens} * hidden * sizeof(float);
  for (const auto& [buffer, bytes] : {std::pair{&experts->experts_, routing_bytes},
                                      {&experts->routing_weights_, routing_bytes},
                                      {&experts->in_, row_bytes},
                                      {&experts->out_, row_bytes}}) {
    auto taken = PinnedBuffer::take(bytes);
    if (!taken) return tl::unexpected(taken.error());
    *buffer = std::move(*taken);
  }
  auto results = DeviceBuffer::take(row_bytes);
  if (!results) return tl::unexpected(results.error());
  experts->results_ = std::move(*results);
  for (OwnedEvent* event : {&experts->begun_, &experts->done_}) {
    auto made = make_event();
    if (!made) return tl::unexpected(made.error());
    *event = std::move(*made);
  }
  auto stream = make_stream();
  if (!stream) return tl::unexpected(stream.error());
  experts->stream_ = std::move(*stream);
  experts->jobs_ = std::make_shared<std::vector<std::unique_ptr<Job>>>();
  return experts;
}

HostExperts::~HostExperts() {
  if (stream_) cudaStreamSynchronize(stream_.get());
}

void HostExperts::begin(Stream& compute, const Weights& weights, const Call& call) {
  const auto side = stream_.get();
  const size_t routing_bytes = size_t{call.tokens} * per_token_ * sizeof(float);
  const size_t row_bytes = hidden_ * sizeof(float);
  compute.note(cudaEventRecord(begun_.get(), compute.get()));
  compute.note(cudaStreamWaitEvent(side, begun_.get()));
  compute.note(cudaMemcpyAsync(experts_.data(), call.experts, routing_bytes, cudaMemcpyDeviceToHost, side));
  compute.note(cudaMemcpyAsync(routing_weights_.data(), call.routing_weights, routing_bytes,
                               cudaMemcpyDeviceToHost, side));
  compute.note(cudaMemcpy2DAsync(in_.data(), row_bytes, call.in, call.in_stride * sizeof(float), row_bytes,
                                 call.tokens, cudaMemcpyDeviceToHost, side));
  jobs_->push_back(std::make_unique<Job>(Job{*this, weights, call.tokens, call.size}));
  compute.note(cudaLaunchHostFunc(side, Job::run_job, jobs_->back().get()));
  compute.note(
      cudaMemcpyAsync(results_.data(), out_.data(), row_bytes * call.tokens, cudaMemcpyHostToDevice, side));
  compute.note(cudaEventRecord(done_.get(), side));
}

const float* HostExperts::end(Stream& compute) {
  compute.note(cudaStreamWaitEvent(compute.get(), done_.get()));
  return results_.as<float>();
}

std::shared_ptr<void> HostExperts::take_needed() {
  return std::exchange(jobs_, std::make_shared<std::vector<std::unique_ptr<Job>>>());
}

}  // namespace kvasir::engine::cuda
