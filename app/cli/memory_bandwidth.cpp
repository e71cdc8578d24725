#include "app/cli/memory_bandwidth.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

namespace kvasir::app {
namespace {

constexpr size_t kBufferBytes = size_t{512} << 20;
constexpr int kPasses = 5;

/// Eight independent sums, so that loads and not additions are what limits.
uint64_t sum(std::span<const uint64_t> values) {
  uint64_t sums[8] = {};
  for (size_t i = 0; i + 8 <= values.size(); i += 8)
    for (size_t lane = 0; lane < 8; ++lane) sums[lane] += values[i + lane];
  return sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
}

}  // namespace

double measure_memory_bandwidth(unsigned threads) {
  const std::vector<uint64_t> buffer(kBufferBytes / sizeof(uint64_t), 1);
  const size_t share = buffer.size() / threads;
  std::atomic<uint64_t> total = 0;  // keeps the reads from being optimised away
  double best_seconds = 1e9;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto started = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> readers;
      for (unsigned t = 0; t < threads; ++t)
        readers.emplace_back([&, t] { total += sum(std::span(buffer).subspan(t * share, share)); });
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
    best_seconds = std::min(best_seconds, seconds.count());
  }
  return total.load() != 0 ? static_cast<double>(threads * share * sizeof(uint64_t)) / best_seconds : 0;
}

}  // namespace kvasir::app
