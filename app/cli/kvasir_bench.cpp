#include "app/cli/bench/bench_command.h"
#include "app/cli/command.h"
#include "app/cli/memory_bandwidth.h"
#include "app/services/data_folder.h"
#include "app/version.h"
#include "engine/model/model.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace kvasir::app {
namespace {

constexpr unsigned kMaxTokens = 1u << 24;

struct BenchOptions {
  std::string model = starter_model_path().string();
  uint32_t prompt_tokens = 512;
  uint32_t generate_tokens = 32;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  bool json = false;
};

struct BenchResult {
  double load_ms = 0;
  double prefill_tokens_per_second = 0;
  double decode_tokens_per_second = 0;
  double weight_bytes_per_token = 0;
  double memory_bytes_per_second = 0;

  double bandwidth_share() const {
    return weight_bytes_per_token * decode_tokens_per_second / memory_bytes_per_second;
  }
};

/// Bytes of weights that one decoded token needs: everything once, but of the embedding one row and of the
/// routed experts the share that is used.
double weight_bytes_per_token(const engine::ModelWeights& weights, const engine::ModelConfig& config) {
  const double used_experts =
      config.n_routed_experts == 0 ? 0 : double{1} * config.num_experts_per_tok / config.n_routed_experts;
  double bytes = static_cast<double>(weights.output_norm.data.size() + weights.output.data.size() +
                                     weights.token_embd.row_stride_bytes());
  for (const engine::LayerWeights& layer : weights.layers) {
    for (const engine::TensorView* tensor :
         {&layer.attn_norm, &layer.attn_q, &layer.attn_q_a, &layer.attn_q_a_norm, &layer.attn_q_b,
          &layer.attn_kv_a_mqa, &layer.attn_kv_a_norm, &layer.attn_k_b, &layer.attn_v_b, &layer.attn_output,
          &layer.ffn_norm, &layer.ffn_gate, &layer.ffn_up, &layer.ffn_down, &layer.ffn_gate_inp,
          &layer.exp_probs_b, &layer.ffn_gate_shexp, &layer.ffn_up_shexp, &layer.ffn_down_shexp})
      bytes += static_cast<double>(tensor->data.size());
    for (const engine::TensorView* experts : {&layer.ffn_gate_exps, &layer.ffn_up_exps, &layer.ffn_down_exps})
      bytes += used_experts * static_cast<double>(experts->data.size());
  }
  return bytes;
}

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

void forward(engine::Model& model, engine::KvCache& cache, std::span<const int32_t> tokens,
             std::span<float> logits) {
  for (size_t done = 0; done < tokens.size();) {
    const size_t count = std::min<size_t>(engine::Model::kMaxBatchTokens, tokens.size() - done);
    const uint32_t last = static_cast<uint32_t>(count - 1);
    const bool is_end = done + count == tokens.size();
    const auto rows = std::span(&last, is_end ? 1 : 0);
    const auto result =
        model.forward(tokens.subspan(done, count), cache, rows, logits.first(is_end ? logits.size() : 0));
    if (!result) throw CommandFailed{kExitBadInput, result.error().message};
    done += count;
  }
}

BenchResult measure(const BenchOptions& options) {
  BenchResult result;
  const Stopwatch loading;
  const auto file = value_or_fail(engine::GgufFile::open(options.model));
  const auto config = value_or_fail(engine::ModelConfig::from_gguf(file));
  auto weights = value_or_fail(engine::ModelWeights::bind(file, config));
  result.weight_bytes_per_token = weight_bytes_per_token(weights, config);
  engine::Model model(config, std::move(weights), engine::make_cpu_backend(options.threads));
  if (auto prepared = model.prepare(); !prepared)
    throw CommandFailed{kExitBadInput, prepared.error().message};
  result.load_ms = loading.seconds() * 1000;

  auto cache = value_or_fail(engine::KvCache::create(model.kv_layout(engine::KvType::F16),
                                                     options.prompt_tokens + options.generate_tokens));
  std::vector<float> logits(config.vocab_size);
  const auto prompt = make_tokens(options.prompt_tokens, config.vocab_size);
  forward(model, cache, prompt, logits);  // warm-up: pages the weights in
  cache.set_length(0);

  const Stopwatch prefill;
  forward(model, cache, prompt, logits);
  result.prefill_tokens_per_second = options.prompt_tokens / prefill.seconds();

  const Stopwatch decode;
  for (const int32_t token : make_tokens(options.generate_tokens, config.vocab_size))
    forward(model, cache, std::span(&token, 1), logits);
  result.decode_tokens_per_second = options.generate_tokens / decode.seconds();
  result.memory_bytes_per_second = measure_memory_bandwidth(options.threads);
  return result;
}

void print(const BenchOptions& options, const BenchResult& result) {
  if (options.json) {
    std::cout << nlohmann::json{{"model", options.model},
                                {"backend", "cpu"},
                                {"threads", options.threads},
                                {"prompt_tokens", options.prompt_tokens},
                                {"generate_tokens", options.generate_tokens},
                                {"load_ms", result.load_ms},
                                {"prefill_tokens_per_second", result.prefill_tokens_per_second},
                                {"decode_tokens_per_second", result.decode_tokens_per_second},
                                {"weight_bytes_per_token", result.weight_bytes_per_token},
                                {"memory_bytes_per_second", result.memory_bytes_per_second},
                                {"decode_bandwidth_share", result.bandwidth_share()}}
                     .dump(2)
              << "\n";
    return;
  }
  std::printf("%s, CPU, %u threads\n", options.model.c_str(), options.threads);
  std::printf("prefill of %u      %10.1f tokens/s\n", options.prompt_tokens,
              result.prefill_tokens_per_second);
  std::printf("decode of %u        %10.1f tokens/s\n", options.generate_tokens,
              result.decode_tokens_per_second);
  std::printf("weights per token   %10.2f MB\n", result.weight_bytes_per_token / 1e6);
  std::printf("memory bandwidth    %10.2f GB/s, measured now\n", result.memory_bytes_per_second / 1e9);
  std::printf("share of it reached %10.1f %%\n", result.bandwidth_share() * 100);
}

}  // namespace
}  // namespace kvasir::app

int main(int argc, char** argv) {
  using namespace kvasir::app;
  BenchOptions options;
  CLI::App command_line("How fast a model runs on this machine.", "kvasir-bench");
  command_line.set_version_flag("--version", kVersion);
  command_line.add_option("--model", options.model, "GGUF file")->capture_default_str();
  command_line.add_option("--prompt-tokens", options.prompt_tokens)
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxTokens));
  command_line.add_option("--generate-tokens", options.generate_tokens)
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxTokens));
  command_line.add_option("--threads", options.threads)
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxThreads));
  command_line.add_flag("--json", options.json, "Print one JSON object");
  command_line.callback([&] {
    if (command_line.get_subcommands().empty()) print(options, measure(options));
  });
  add_make_model_command(command_line);
  return run_command_line(command_line, argc, argv);
}
