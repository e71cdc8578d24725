#include "app/cli/bench/report.h"

#include "app/cli/bench/statistics.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kvasir::app {
namespace {

/// "CPU, 2 threads"
std::string computed_by(const MeasureOptions& options, const engine::ComputeDevice& device) {
  const std::string threads =
      std::to_string(options.compute.threads) + (options.compute.threads == 1 ? " thread" : " threads");
  if (device.name.empty()) return "CPU, " + threads;
  if (device.expert_blocks_on_device == device.expert_blocks) return device.name;
  return device.name + ", " + std::to_string(device.expert_blocks_on_device) + " of " +
         std::to_string(device.expert_blocks) + " blocks' experts on it, the others on " + threads;
}

using KernelTimes = std::vector<engine::ComputeDevice::KernelTime>;

/// Of `runs` runs of what `what` says, together; nothing where kernels were not timed.
void print_kernel_times(const std::string& what, const KernelTimes& times, uint32_t runs) {
  if (times.empty()) return;
  double all_ms = 0;
  for (const auto& time : times) all_ms += time.ms;
  std::printf("\nKernels of %s, timed one by one: %.3f ms\n", what.c_str(), all_ms / runs);
  for (const auto& [name, launches, ms] : times)
    std::printf("%28s  %6.1f launches  %9.2f us each  %5.1f %%\n", name.c_str(),
                static_cast<double>(launches) / runs, ms * 1e3 / static_cast<double>(launches),
                ms / all_ms * 100);
}

void print_kernel_times(const MeasureOptions& options, const DepthSpeeds& at) {
  print_kernel_times(
      "a prompt of " + std::to_string(options.prompt_tokens) + " tokens behind " + std::to_string(at.depth),
      at.prefill_kernels, 1);
  print_kernel_times("a token decoded after it", at.decode_kernels, options.generate_tokens);
}

nlohmann::json kernel_times_json(const KernelTimes& all) {
  nlohmann::json times = nlohmann::json::array();
  for (const auto& [name, launches, ms] : all)
    times.push_back({{"kernel", name}, {"launches", launches}, {"ms", ms}});
  return times;
}

nlohmann::json json_of(const DepthSpeeds& at) {
  return {{"depth", at.depth},
          {"context_is_random", at.depth > 0},
          {"prefill_tokens_per_second", median(at.prefill_tokens_per_second)},
          {"decode_tokens_per_second", median(at.decode_tokens_per_second)},
          {"prefill_tokens_per_second_runs", at.prefill_tokens_per_second},
          {"decode_tokens_per_second_runs", at.decode_tokens_per_second},
          {"kv_bytes_per_token", at.kv_bytes_per_token},
          {"decode_bandwidth_share", median(at.bandwidth_shares)},
          {"decode_bandwidth_share_runs", at.bandwidth_shares},
          {"prefill_kernels", kernel_times_json(at.prefill_kernels)},
          {"decode_kernels", kernel_times_json(at.decode_kernels)}};
}

}  // namespace

void print_table(const MeasureOptions& options, const Measurement& result) {
  std::printf("%s, %s, KV %s\n", options.model.c_str(), computed_by(options, result.device).c_str(),
              std::string(engine::kv_type_name(options.kv_type)).c_str());
  std::printf("loaded in %.2f s; a token reads %.2f MB of weights; %s %.2f GB/s\n\n", result.load_ms / 1e3,
              result.weight_bytes_per_token / 1e6,
              options.compute.on_gpu() ? "the GPU copies its memory at" : "a plain loop reads them at",
              median(result.memory_bytes_per_second) / 1e9);
  std::printf(
      "%9s  %15s  %15s  %15s  %18s\n", "depth", ("prefill " + std::to_string(options.prompt_tokens)).c_str(),
      ("decode " + std::to_string(options.generate_tokens)).c_str(), "read per token", "share of bandwidth");
  for (const DepthSpeeds& at : result.speeds) {
    std::printf("%8u%c  %11.1f t/s  %11.1f t/s  %12.2f MB  %16.1f %%\n", at.depth, at.depth > 0 ? '*' : ' ',
                median(at.prefill_tokens_per_second), median(at.decode_tokens_per_second),
                (result.weight_bytes_per_token + at.kv_bytes_per_token) / 1e6,
                median(at.bandwidth_shares) * 100);
  }
  if (options.repeats > 1) std::printf("Medians of %u runs.\n", options.repeats);
  if (std::any_of(result.speeds.begin(), result.speeds.end(), [](const auto& at) { return at.depth > 0; }))
    std::printf("* The context up to this depth holds random values, not computed ones.\n");
  for (const DepthSpeeds& at : result.speeds) print_kernel_times(options, at);
}

void print_json(const MeasureOptions& options, const Measurement& result) {
  nlohmann::json depths = nlohmann::json::array();
  for (const DepthSpeeds& at : result.speeds) depths.push_back(json_of(at));
  const DepthSpeeds& first = result.speeds.front();
  std::cout << nlohmann::json{{"model", options.model},
                              {"backend", options.compute.backend},
                              {"device", result.device.name},
                              {"expert_blocks", result.device.expert_blocks},
                              {"expert_blocks_on_device", result.device.expert_blocks_on_device},
                              {"device_bytes", result.device.device_bytes},
                              {"threads", options.compute.threads},
                              {"kv_type", engine::kv_type_name(options.kv_type)},
                              {"prompt_tokens", options.prompt_tokens},
                              {"generate_tokens", options.generate_tokens},
                              {"repeats", options.repeats},
                              {"load_ms", result.load_ms},
                              {"weight_bytes_per_token", result.weight_bytes_per_token},
                              {"memory_bytes_per_second", median(result.memory_bytes_per_second)},
                              {"memory_bytes_per_second_runs", result.memory_bytes_per_second},
                              // of the first depth
                              {"prefill_tokens_per_second", median(first.prefill_tokens_per_second)},
                              {"decode_tokens_per_second", median(first.decode_tokens_per_second)},
                              {"decode_bandwidth_share", median(first.bandwidth_shares)},
                              {"depths", std::move(depths)}}
                   .dump(2)
            << "\n";
}

}  // namespace kvasir::app
