#include "engine/ops/thread_pool.h"

#include <algorithm>
#include <optional>
#include <system_error>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace kvasir::engine {
namespace {

/// About 50 µs of pauses: longer than the gaps inside a forward pass, shorter than a time slice.
constexpr int kSpins = 2000;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

constexpr uint64_t pack(uint64_t first, uint64_t end) {
  return first | end << 32;
}

struct Range {
  uint32_t first;
  uint32_t end;
};

/// Takes the first or the last tasks of a share.
std::optional<Range> take(std::atomic<uint64_t>& share, bool from_front, bool half) {
  uint64_t left = share.load(std::memory_order_relaxed);
  for (;;) {
    const auto first = static_cast<uint32_t>(left);
    const auto end = static_cast<uint32_t>(left >> 32);
    if (first == end) return std::nullopt;
    const uint32_t count = half ? (end - first + 1) / 2 : 1;
    const uint64_t rest = from_front ? pack(first + count, end) : pack(first, end - count);
    // Acquire pairs with the store in run_shared: the share may belong to a newer loop than the one that was
    // seen first, and then its context is what we must read.
    if (share.compare_exchange_weak(left, rest, std::memory_order_acquire, std::memory_order_relaxed))
      return from_front ? Range{first, first + count} : Range{end - count, end};
  }
}

}  // namespace

ThreadPool::ThreadPool(unsigned threads) : shares_(std::max(threads, 1u)) {
  try {
    for (unsigned worker = 1; worker < threads; ++worker)
      workers_.emplace_back([this, worker](std::stop_token stop) { work(worker, stop); });
  } catch (const std::system_error&) {
    // The system has no more threads to give: the ones there are do the work.
  }
}

ThreadPool::~ThreadPool() {
  for (std::jthread& worker : workers_) worker.request_stop();
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  epoch_.notify_all();
  workers_.clear();
}

void ThreadPool::run_shared(uint32_t tasks, Claim claim, const void* context, Trampoline call) {
  unfinished_.store(tasks, std::memory_order_relaxed);
  const uint64_t threads = size();
  const uint32_t loop = shares_[0].loop.load(std::memory_order_relaxed) + 1;
  for (uint64_t i = threads; i-- > 0;) {  // the others first: they have further to go
    Share& share = shares_[i];
    share.claim.store(claim, std::memory_order_relaxed);
    share.context = context;
    share.call = call;
    // Publishes the loop: claiming a task acquires what stands above.
    share.tasks.store(pack(tasks * i / threads, tasks * (i + 1) / threads), std::memory_order_release);
    share.loop.store(loop, std::memory_order_release);
  }
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  epoch_.notify_all();

  while (run_some(0)) {
  }
  int spins = 0;
  for (uint32_t left = unfinished_.load(std::memory_order_acquire); left != 0;
       left = unfinished_.load(std::memory_order_acquire)) {
    if (++spins < kSpins)
      pause();
    else
      unfinished_.wait(left, std::memory_order_acquire);
  }
}

bool ThreadPool::run_some(unsigned worker) {
  std::optional<Range> range;
  const Share* share = nullptr;
  for (size_t i = 0; !range && i < shares_.size(); ++i) {
    Share& candidate = shares_[(worker + i) % shares_.size()];
    range = take(candidate.tasks, i == 0, candidate.claim.load(std::memory_order_relaxed) == Claim::Half);
    share = &candidate;
  }
  if (!range) return false;
  // Only claimed tasks let us look at the loop's fields.
  share->call(share->context, range->first, range->end, worker);
  // Release hands what the tasks wrote to the caller. Only the last task has somebody to wake.
  const uint32_t done = range->end - range->first;
  if (unfinished_.fetch_sub(done, std::memory_order_acq_rel) == done) unfinished_.notify_one();
  return true;
}

void ThreadPool::work(unsigned worker, std::stop_token stop) {
  Share& own = shares_[worker];
  uint32_t seen = 0;
  while (!stop.stop_requested()) {
    // Read before looking for work: a loop published after the look changes it, and the wait returns at once.
    const uint32_t epoch = epoch_.load(std::memory_order_seq_cst);
    int spins = 0;
    while (spins < kSpins) {
      const uint32_t loop = own.loop.load(std::memory_order_acquire);
      if (loop == seen) {
        pause();
        ++spins;
        continue;
      }
      seen = loop;
      while (run_some(worker)) {
      }
      spins = 0;
    }
    if (!stop.stop_requested()) epoch_.wait(epoch, std::memory_order_seq_cst);
  }
}

}  // namespace kvasir::engine
