#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace kvasir::engine {

/// Runs the tasks of one loop at a time on a fixed set of threads.
///
/// Each thread takes the tasks of its own share in order, so that what lies one behind the other in memory is
/// read so; one that has none left takes the last of another's. `run` and `run_stretches` are called by one
/// thread, never from inside a task, and it takes part in the work. Between loops the workers spin for some
/// tens of microseconds (the next operation of a forward pass follows that fast), then sleep. A loop ends
/// when its tasks have ended: workers that did not wake in time are not waited for.
///
/// Two processors may stand far apart: where they share no cache, each word that passes between them takes
/// 0.2 µs, and each claim of a task has all reads before it waited for. So a worker that waits reads nothing
/// but its own cache line, which holds all that it needs to begin.
class ThreadPool {
 public:
  /// `threads` counts the calling thread; 0 and 1 make no workers. Where the system has fewer to give, size()
  /// says how many there are.
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// The number of threads that work, the calling one included.
  unsigned size() const { return static_cast<unsigned>(workers_.size()) + 1; }

  /// Calls `task(index, worker)` once for each index below `tasks`, for tasks that may differ in size;
  /// `worker` < size() names the thread. What the tasks wrote is visible when this returns. Tasks must not
  /// throw.
  template <class Task>
  void run(uint32_t tasks, const Task& task) {
    const auto each = [&task](uint32_t first, uint32_t end, unsigned worker) {
      for (uint32_t i = first; i < end; ++i) task(i, worker);
    };
    run_claimed(tasks, Claim::One, each);
  }

  /// Calls `stretch(first, end, worker)` for stretches that together are [0, tasks): for tasks of one size,
  /// which are fastest done in a row. A thread's stretches get shorter towards the end, which evens out
  /// threads of different speed.
  template <class Stretch>
  void run_stretches(uint32_t tasks, const Stretch& stretch) {
    run_claimed(tasks, Claim::Half, stretch);
  }

 private:
  using Trampoline = void (*)(const void* context, uint32_t first, uint32_t end, unsigned worker) noexcept;

  /// How much of what is left of a share is taken at a time.
  enum class Claim : uint8_t { One, Half };

  /// What a thread needs to take part in a loop. Written by the caller of the loop while all shares are empty
  /// and `unfinished_` is 0; `context` and `call` are read by whoever has claimed tasks of this share, which
  /// keeps the loop from ending.
  struct alignas(64) Share {
    std::atomic<uint64_t> tasks = 0;  ///< those [first, end) that nobody has taken, as first | end << 32
    std::atomic<uint32_t> loop = 0;   ///< changes with every loop: what its thread watches
    std::atomic<Claim> claim = Claim::One;
    const void* context = nullptr;
    Trampoline call = nullptr;
  };

  template <class Stretch>
  void run_claimed(uint32_t tasks, Claim claim, const Stretch& stretch) {
    if (tasks == 0) return;
    if (workers_.empty() || tasks == 1) return stretch(0, tasks, 0u);
    run_shared(tasks, claim, &stretch,
               [](const void* context, uint32_t first, uint32_t end, unsigned worker) noexcept {
                 (*static_cast<const Stretch*>(context))(first, end, worker);
               });
  }

  void run_shared(uint32_t tasks, Claim claim, const void* context, Trampoline call);
  void work(unsigned worker, std::stop_token stop);
  /// Takes some tasks, the worker's own first; false: there are none.
  bool run_some(unsigned worker);

  std::vector<Share> shares_;  ///< of the caller, then of each worker
  // Each on its own cache line: all threads write them.
  alignas(64) std::atomic<uint32_t> unfinished_ = 0;  ///< tasks that have not ended
  alignas(64) std::atomic<uint32_t> epoch_ = 0;       ///< changes with every loop: what sleepers wait on
  std::vector<std::jthread> workers_;
};

}  // namespace kvasir::engine
