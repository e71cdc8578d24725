#include "app/cli/bench/measure.h"

#include "app/cli/bench/random_kv.h"
#include "app/cli/bench/weight_bytes.h"
#include "app/cli/command.h"
#include "app/cli/memory_bandwidth.h"
#include "app/cli/open_model.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <span>

namespace kvasir::app {
namespace {

constexpr size_t kTokensBetween = 4;  ///< two measurements of memory

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

/// Spread over the vocabulary, so that many experts take part.
std::vector<int32_t> make_tokens(uint32_t count, uint32_t vocab_size) {
  std::vector<int32_t> tokens(count);
  for (uint32_t i = 0; i < count; ++i) tokens[i] = static_cast<int32_t>((i * 7919ull + 13) % vocab_size);
  return tokens;
}

/// A model with a context.
class Bench {
 public:
  explicit Bench(const MeasureOptions& options)
      : options_(options),
        open_(open_model(options.model, options.compute, options.kv_type,
                         deepest() + options.prompt_tokens + options.generate_tokens)),
        load_ms_(loading_.seconds() * 1000),
        logits_(model().config().vocab_size),
        top_(engine::Model::top_logits(model().config())),
        prompt_(make_tokens(options.prompt_tokens, model().config().vocab_size)),
        answer_(make_tokens(options.generate_tokens, model().config().vocab_size)) {
    fill_with_random_kv(open_.cache, deepest(), 1);
    forward(prompt_);  // pages the weights in
    require_finite_logits();
    for (int i = 0; i < 3; ++i) {  // a GPU's recordings
      open_.cache.set_length(0);
      decode_token(0);
    }
  }

  engine::ComputeDevice device() const { return open_.model->device(); }
  double load_ms() const { return load_ms_; }
  const engine::ModelWeights& weights() const { return open_.model->weights(); }
  const engine::ModelConfig& config() const { return open_.model->config(); }

  /// `bandwidth` is what memory can be read at now; it is asked after every `tokens_between` decoded tokens.
  void measure_at(DepthSpeeds& speeds, const std::function<double()>& bandwidth, size_t tokens_between) {
    open_.cache.set_length(speeds.depth);
    device();  // the times of what was before
    const Stopwatch prefill;
    forward(prompt_);
    speeds.prefill_tokens_per_second.push_back(options_.prompt_tokens / prefill.seconds());
    speeds.prefill_kernels = device().kernel_times;

    double decode_seconds = 0;
    double seconds_per_byte = 0;  // of all measurements of the bandwidth
    uint32_t measured = 0;
    for (std::span<const int32_t> left = answer_; !left.empty();) {
      const auto part = left.first(std::min(tokens_between, left.size()));
      const Stopwatch decode;
      for (const int32_t token : part) decode_token(token);
      decode_seconds += decode.seconds();
      seconds_per_byte += 1 / bandwidth();
      ++measured;
      left = left.subspan(part.size());
    }
    speeds.decode_tokens_per_second.push_back(options_.generate_tokens / decode_seconds);
    speeds.memory_bytes_per_second.push_back(measured / seconds_per_byte);
    speeds.decode_kernels = device().kernel_times;
  }

  double kv_bytes_per_token(uint32_t depth) const {
    const double positions = depth + options_.prompt_tokens + (options_.generate_tokens + 1) / 2.0;
    const engine::KvLayout& layout = open_.cache.layout();
    return positions * static_cast<double>(layout.row_bytes() * layout.layers);
  }

 private:
  engine::Model& model() { return *open_.model; }

  uint32_t deepest() const { return *std::max_element(options_.depths.begin(), options_.depths.end()); }

  /// As a chat does.
  void decode_token(int32_t token) {
    const auto result = model().forward_top(std::span(&token, 1), open_.cache, top_);
    if (!result) throw CommandFailed{kExitBadInput, result.error().message};
  }

  void forward(std::span<const int32_t> tokens) {
    const size_t most = model().max_batch_tokens();
    for (; !tokens.empty(); tokens = tokens.subspan(std::min(most, tokens.size()))) {
      const auto batch = tokens.first(std::min(most, tokens.size()));
      const bool is_end = batch.size() == tokens.size();
      const auto last = static_cast<uint32_t>(batch.size() - 1);
      const auto result = model().forward(batch, open_.cache, std::span(&last, is_end ? 1 : 0),
                                          std::span(logits_).first(is_end ? logits_.size() : 0));
      if (!result) throw CommandFailed{kExitBadInput, result.error().message};
    }
  }

  /// The speed of nonsense is none.
  void require_finite_logits() const {
    if (std::all_of(logits_.begin(), logits_.end(), [](float logit) { return std::isfinite(logit); })) return;
    throw CommandFailed{kExitFailed, "The model in " + options_.model +
                                         " computes no finite numbers: its file may be damaged."};
  }

  const MeasureOptions& options_;
  const Stopwatch loading_;
  OpenModel open_;
  double load_ms_;
  std::vector<float> logits_;  // {vocab}
  std::vector<engine::TokenLogit> top_;
  std::vector<int32_t> prompt_, answer_;
};

}  // namespace

Measurement measure(const MeasureOptions& options) {
  Measurement result;
  Bench bench(options);
  result.load_ms = bench.load_ms();
  result.weight_bytes_per_token = weight_bytes_per_token(bench.weights(), bench.config());
  result.device = bench.device();
  ReadBandwidth memory(weight_regions(bench.weights()), options.compute.threads);
  const auto bandwidth_now = [&] {
    if (options.compute.on_gpu())
      return value_or_fail(cuda_module(options.compute)->copy_bandwidth(), kExitFailed);
    return memory.measure();
  };
  // A GPU's speed is its own; a processor's memory can be another's the next moment.
  const size_t tokens_between = options.compute.on_gpu() ? options.generate_tokens : kTokensBetween;
  for (const uint32_t depth : options.depths) {
    DepthSpeeds& speeds = result.speeds.emplace_back();
    speeds.depth = depth;
    speeds.kv_bytes_per_token = bench.kv_bytes_per_token(depth);
  }
  for (uint32_t repeat = 0; repeat < options.repeats; ++repeat) {
    double bandwidths = 0;
    for (DepthSpeeds& speeds : result.speeds) {
      bench.measure_at(speeds, bandwidth_now, tokens_between);
      bandwidths += speeds.memory_bytes_per_second.back();
      speeds.bandwidth_shares.push_back((result.weight_bytes_per_token + speeds.kv_bytes_per_token) *
                                        speeds.decode_tokens_per_second.back() /
                                        speeds.memory_bytes_per_second.back());
    }
    result.memory_bytes_per_second.push_back(bandwidths / static_cast<double>(result.speeds.size()));
  }
  return result;
}

}  // namespace kvasir::app
