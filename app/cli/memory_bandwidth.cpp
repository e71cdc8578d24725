#include "app/cli/memory_bandwidth.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#define KVASIR_TARGET(features) [[gnu::target(features)]]
#else
#define KVASIR_TARGET(features)
#endif

namespace kvasir::app {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;  // what a thread takes at a time
constexpr size_t kPassBytes = size_t{1} << 28;   // less is over too soon to be timed
constexpr size_t kStepBytes = 128;               // two lines, four vectors

using Chunks = std::vector<std::span<const std::byte>>;

Chunks cut(const std::vector<std::span<const std::byte>>& regions) {
  Chunks chunks;
  for (std::span<const std::byte> region : regions)
    for (; !region.empty(); region = region.subspan(std::min(kChunkBytes, region.size())))
      chunks.push_back(region.first(std::min(kChunkBytes, region.size())));
  return chunks;
}

/// 256 bits that are added as four words.
using Words [[gnu::vector_size(32)]] = uint64_t;

/// Adds up all words, in four independent sums so that loads and not additions are what limits; whole steps
/// only. `kAheadBytes` is how far ahead lines are asked for; 0 leaves that to the processor.
template <size_t kAheadBytes>
[[gnu::always_inline]] inline uint64_t sum(std::span<const std::byte> bytes) {
  Words first = {}, second = {}, third = {}, fourth = {};
  for (size_t at = 0; at + kStepBytes <= bytes.size(); at += kStepBytes) {
    const auto* words = reinterpret_cast<const Words*>(bytes.data() + at);
    if constexpr (kAheadBytes > 0) {
      __builtin_prefetch(bytes.data() + at + kAheadBytes);
      __builtin_prefetch(bytes.data() + at + kAheadBytes + kStepBytes / 2);
    }
    first += words[0];
    second += words[1];
    third += words[2];
    fourth += words[3];
  }
  const Words total = first + second + third + fourth;
  return total[0] + total[1] + total[2] + total[3];
}

using Reader = uint64_t (*)(std::span<const std::byte>);

KVASIR_TARGET("avx2") uint64_t read_wide(std::span<const std::byte> bytes) {
  return sum<0>(bytes);
}
KVASIR_TARGET("avx2") uint64_t read_wide_ahead(std::span<const std::byte> bytes) {
  return sum<1024>(bytes);
}
KVASIR_TARGET("avx2") uint64_t read_wide_far_ahead(std::span<const std::byte> bytes) {
  return sum<4096>(bytes);
}
uint64_t read_plainly(std::span<const std::byte> bytes) {
  return sum<0>(bytes);
}

/// Which of them is fastest differs between processors: the best one shows what memory gives.
std::vector<Reader> readers() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return {read_wide, read_wide_ahead, read_wide_far_ahead};
#endif
  return {read_plainly};
}

double seconds_of_pass(Reader reader, std::span<const std::span<const std::byte>> chunks, unsigned threads) {
  std::atomic<size_t> next = 0;
  std::atomic<uint64_t> total = 0;  // keeps the reads from being optimised away
  const auto read = [&] {
    uint64_t sum = 0;
    for (size_t i = next++; i < chunks.size(); i = next++) sum += reader(chunks[i]);
    total += sum;
  };
  const auto started = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> pool;
    for (unsigned t = 1; t < threads; ++t) pool.emplace_back(read);
    read();
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

}  // namespace

ReadBandwidth::ReadBandwidth(const std::vector<std::span<const std::byte>>& regions, unsigned threads)
    : chunks_(cut(regions)), threads_(std::max(1u, threads)) {}

double ReadBandwidth::measure() {
  if (chunks_.empty()) return 0;
  double best = 0;
  for (const Reader reader : readers()) {
    Chunks pass;
    size_t bytes = 0;
    for (; bytes < kPassBytes; next_ = (next_ + 1) % chunks_.size()) {
      pass.push_back(chunks_[next_]);
      bytes += pass.back().size();
    }
    best = std::max(best, static_cast<double>(bytes) / seconds_of_pass(reader, pass, threads_));
  }
  return best;
}

}  // namespace kvasir::app
