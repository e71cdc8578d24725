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
constexpr size_t kLeastBytes = size_t{1} << 28;  // of a pass: less is over too soon to be timed
constexpr size_t kStepBytes = 128;               // two lines, four vectors
constexpr int kPasses = 2;                       // of each reader

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

double seconds_of_pass(Reader reader, const Chunks& chunks, size_t rounds, unsigned threads) {
  std::atomic<size_t> next = 0;
  std::atomic<uint64_t> total = 0;  // keeps the reads from being optimised away
  const auto read = [&] {
    uint64_t sum = 0;
    for (size_t i = next++; i < rounds * chunks.size(); i = next++) sum += reader(chunks[i % chunks.size()]);
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

double measure_read_bandwidth(const std::vector<std::span<const std::byte>>& regions, unsigned threads) {
  const Chunks chunks = cut(regions);
  size_t bytes = 0;
  for (const auto& chunk : chunks) bytes += chunk.size();
  if (bytes == 0) return 0;
  const size_t rounds = (kLeastBytes + bytes - 1) / bytes;
  double best_seconds = 1e9;
  for (int pass = 0; pass < kPasses; ++pass)
    for (const Reader reader : readers())
      best_seconds = std::min(best_seconds, seconds_of_pass(reader, chunks, rounds, std::max(1u, threads)));
  return static_cast<double>(rounds * bytes) / best_seconds;
}

}  // namespace kvasir::app
