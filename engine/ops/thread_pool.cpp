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

/// Takes the first or the last task of a share.
std::optional<uint32_t> claim(std::atomic<uint64_t>& share, bool from_front) {
  uint64_t left = share.load(std::memory_order_relaxed);
  for (;;) {
    const auto first = static_cast<uint32_t>(left);
    const auto end = static_cast<uint32_t>(left >> 32);
    if (first == end) return std::nullopt;
    const uint64_t rest = from_front ? pack(first + 1, end) : pack(first, end - 1);
    // Acquire pairs with the store in run_shared: the share may belong to a newer loop than the one that was
    // seen first, and then its context is what we must read.
    if (share.compare_exchange_weak(left, rest, std::memory_order_acquire, std::memory_order_relaxed))
      return from_front ? first : end - 1;
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

void ThreadPool::run_shared(uint32_t tasks, const void* context, Trampoline call) {
  context_ = context;
  call_ = call;
  unfinished_.store(tasks, std::memory_order_relaxed);
  // Publishes the loop: claiming a task acquires what stands above.
  const uint64_t threads = size();
  for (uint64_t i = 0; i < threads; ++i)
    shares_[i].tasks.store(pack(tasks * i / threads, tasks * (i + 1) / threads), std::memory_order_release);
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  epoch_.notify_all();

  while (run_one(0)) {
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

bool ThreadPool::run_one(unsigned worker) {
  // Only a claimed task may look at the loop's fields.
  std::optional<uint32_t> task = claim(shares_[worker].tasks, true);
  for (size_t i = 1; !task && i < shares_.size(); ++i)
    task = claim(shares_[(worker + i) % shares_.size()].tasks, false);
  if (!task) return false;
  call_(context_, *task, worker);
  // Release hands the task's writes to the caller. Only the last task has somebody to wake.
  if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
  return true;
}

void ThreadPool::work(unsigned worker, std::stop_token stop) {
  while (!stop.stop_requested()) {
    // Read before looking for work: a loop published after the look changes it, and the wait returns at once.
    const uint32_t epoch = epoch_.load(std::memory_order_seq_cst);
    int spins = 0;
    while (spins < kSpins) {
      if (run_one(worker)) {
        spins = 0;
      } else {
        pause();
        ++spins;
      }
    }
    if (!stop.stop_requested()) epoch_.wait(epoch, std::memory_order_seq_cst);
  }
}

}  // namespace kvasir::engine
