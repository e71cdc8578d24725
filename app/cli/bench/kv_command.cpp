#include "app/cli/bench/bench_command.h"
#include "app/cli/bench/kv_bench.h"
#include "app/cli/bench/statistics.h"
#include "app/cli/command.h"
#include "app/services/data_folder.h"
#include "engine/ops/backend.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace kvasir::app {
namespace {

struct KvCommand {
  KvBenchOptions bench;
  std::string kv_type = "f16";
  bool saving = false;
  bool skip_estimate = false;
  bool json = false;
};

/// The most that a reopened chat may take to its first token.
double allowed_ms(const Reopening& result) {
  return 1.25 * static_cast<double>(result.bytes) / median(result.raw_bytes_per_second) * 1e3 + 100 +
         median(result.message_ms);
}

double restored_bytes_per_second(const Reopening& result) {
  return static_cast<double>(result.bytes) / median(result.restore_ms) * 1e3;
}

nlohmann::json json_of(const Reopening& result) {
  const bool has_cold = result.cold_ms > 0;
  const nlohmann::json absent;
  return {
      {"tokens", result.tokens},
      {"bytes", result.bytes},
      {"kv_is_random", !result.computed},
      {"cold_is_estimated", !result.computed},
      {"cold_ttft_ms", has_cold ? nlohmann::json(result.cold_ms) : absent},
      {"reopened_ttft_ms", median(result.reopened_ms)},
      {"cold_over_reopened", has_cold ? nlohmann::json(result.cold_ms / median(result.reopened_ms)) : absent},
      {"allowed_ttft_ms", allowed_ms(result)},
      {"message_ms", median(result.message_ms)},
      {"restore_ms", median(result.restore_ms)},
      {"restore_bytes_per_second", restored_bytes_per_second(result)},
      {"raw_bytes_per_second", median(result.raw_bytes_per_second)},
      {"restore_share", restored_bytes_per_second(result) / median(result.raw_bytes_per_second)},
      {"restore_ms_runs", result.restore_ms},
      {"reopened_ttft_ms_runs", result.reopened_ms},
      {"raw_bytes_per_second_runs", result.raw_bytes_per_second}};
}

void print_reopening(const KvCommand& command) {
  const auto results = measure_reopening(command.bench);
  if (command.json) {
    nlohmann::json chats = nlohmann::json::array();
    for (const Reopening& result : results) chats.push_back(json_of(result));
    std::cout << nlohmann::json{{"model", command.bench.model},
                                {"backend", command.bench.compute.backend},
                                {"threads", command.bench.compute.threads},
                                {"kv_type", command.kv_type},
                                {"encrypted", command.bench.encrypt},
                                {"message_tokens", command.bench.message_tokens},
                                {"repeats", command.bench.repeats},
                                {"chats", std::move(chats)}}
                     .dump(2)
              << "\n";
    return;
  }
  std::printf("%8s  %11s  %12s  %12s  %6s  %11s  %11s  %11s  %6s\n", "tokens", "bytes", "disk", "restored",
              "share", "reopened", "allowed", "cold", "ratio");
  for (const Reopening& result : results) {
    const double reopened = median(result.reopened_ms);
    std::printf("%8u  %8.1f MB  %7.2f GB/s  %7.2f GB/s  %4.0f %%  %8.0f ms  %8.0f ms", result.tokens,
                static_cast<double>(result.bytes) / 1e6, median(result.raw_bytes_per_second) / 1e9,
                restored_bytes_per_second(result) / 1e9,
                restored_bytes_per_second(result) / median(result.raw_bytes_per_second) * 100, reopened,
                allowed_ms(result));
    if (result.cold_ms > 0) std::printf("  %8.0f ms  %5.1fx", result.cold_ms, result.cold_ms / reopened);
    std::printf("%s\n", result.computed ? "" : " *");
  }
  if (std::ranges::any_of(results, [](const Reopening& result) { return !result.computed; }))
    std::printf(
        "* Its KV is random values, not computed ones; estimated from the speed at several depths.\n");
}

/// How much longer it takes while saving, as a part of one: of each pair, then the median.
struct Slowdown {
  Slowdown(const std::vector<double>& saving, const std::vector<double>& not_saving) {
    std::vector<double> of_pairs;
    for (size_t i = 0; i < saving.size(); ++i) of_pairs.push_back(saving[i] / not_saving[i] - 1);
    middle = median(of_pairs);
    interval = median_interval(of_pairs);
  }
  double middle = 0;
  std::pair<double, double> interval;
};

void print_saving(const KvCommand& command) {
  const SavingCost cost = measure_saving(command.bench);
  const Slowdown wall(cost.saving.us_per_token, cost.not_saving.us_per_token);
  const Slowdown cpu(cost.saving.cpu_us_per_token, cost.not_saving.cpu_us_per_token);
  if (command.json) {
    std::cout << nlohmann::json{{"model", command.bench.model},
                                {"backend", command.bench.compute.backend},
                                {"threads", command.bench.compute.threads},
                                {"generate_tokens", command.bench.generate_tokens},
                                {"bytes_written", cost.bytes_written},
                                {"us_per_token_saving", cost.saving.us_per_token},
                                {"us_per_token_not_saving", cost.not_saving.us_per_token},
                                {"cpu_us_per_token_saving", cost.saving.cpu_us_per_token},
                                {"cpu_us_per_token_not_saving", cost.not_saving.cpu_us_per_token},
                                {"slowdown", wall.middle},
                                {"slowdown_95_percent", wall.interval},
                                {"cpu_slowdown", cpu.middle},
                                {"cpu_slowdown_95_percent", cpu.interval}}
                     .dump(2)
              << "\n";
    return;
  }
  std::printf("decode of %u, %zu pairs, %.1f MB written; median and its 95 %% interval:\n",
              command.bench.generate_tokens, cost.saving.us_per_token.size(),
              static_cast<double>(cost.bytes_written) / 1e6);
  const auto show = [](const char* what, const std::vector<double>& saving,
                       const std::vector<double>& not_saving, const Slowdown& slowdown) {
    std::printf("%-14s %9.2f us a token while saving, %9.2f without: %+.2f %% (%+.2f to %+.2f)\n", what,
                median(saving), median(not_saving), slowdown.middle * 100, slowdown.interval.first * 100,
                slowdown.interval.second * 100);
  };
  show("time", cost.saving.us_per_token, cost.not_saving.us_per_token, wall);
  show("processor time", cost.saving.cpu_us_per_token, cost.not_saving.cpu_us_per_token, cpu);
}

}  // namespace

void add_kv_command(CLI::App& parent) {
  constexpr unsigned kMostTokens = 1u << 24;
  constexpr unsigned kMostRepeats = 1000;
  auto options = std::make_shared<KvCommand>();
  KvBenchOptions& bench = options->bench;
  bench.model = starter_model_path().string();
  bench.folder = std::filesystem::temp_directory_path().string();
  auto* command = parent.add_subcommand("kv", "What reopening a chat takes, and what saving its KV costs");
  command->add_option("--model", bench.model, "GGUF file")->capture_default_str();
  command->add_option("--tokens", bench.tokens, "Lengths of the chats: 4096,16384")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(64u, kMostTokens));
  command->add_option("--message-tokens", bench.message_tokens, "Of the message that goes on with the chat")
      ->capture_default_str()
      ->check(CLI::Range(1u, kMostTokens));
  command
      ->add_option("--computed-tokens", bench.computed_tokens,
                   "Longer chats are filled with random KV, and computing them is estimated")
      ->capture_default_str();
  command->add_flag("--skip-estimate", options->skip_estimate, "Leave that out");
  command->add_option("--repeat", bench.repeats, "Readings of each; medians are shown")
      ->capture_default_str()
      ->check(CLI::Range(1u, kMostRepeats));
  command
      ->add_option("--folder", bench.folder, "On the disk that is meant; a folder in it is made and removed")
      ->capture_default_str();
  command->add_option("--kv-type", options->kv_type, "How the context is kept: f16 or q8_0")
      ->capture_default_str()
      ->check(CLI::IsMember({"f16", "q8_0"}));
  add_compute_options(*command, bench.compute);
  command->add_flag("--encrypt", bench.encrypt, "As a profile with a secret does");
  command->add_flag("--saving", options->saving, "Measure decode with saving and without, in pairs");
  command->add_option("--pairs", bench.pairs)->capture_default_str()->check(CLI::Range(1u, kMostRepeats));
  command->add_option("--generate-tokens", bench.generate_tokens, "Of each run of a pair")
      ->capture_default_str()
      ->check(CLI::Range(1u, kMostTokens));
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback([options] {
    options->bench.kv_type = options->kv_type == "q8_0" ? engine::KvType::Q8_0 : engine::KvType::F16;
    options->bench.estimate_cold = !options->skip_estimate;
    options->saving ? print_saving(*options) : print_reopening(*options);
  });
}

}  // namespace kvasir::app
