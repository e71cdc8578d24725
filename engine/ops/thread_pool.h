#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace kvasir::engine {

/// Runs the tasks of one loop at a time on a fixed set of threads.
///
/// Each thread takes the tasks of its own share in order, so that what lies one behind the other in memory is
/// read so; one that has none left takes the last of another's. `run` is called by one thread, never from
/// inside a task, and takes part in the work. Between loops the
/// workers spin for some tens of microseconds (the next operation of a forward pass follows that fast), then
/// sleep. A loop ends when its tasks have ended: workers that did not wake in time are not waited for.
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

  /// Calls `task(index, worker)` once for each index below `tasks`; `worker` < size() names the thread. What
  /// the tasks wrote is visible when this returns. Tasks must not throw.
  template <class Task>
  void run(uint32_t tasks, const Task& task) {
    if (workers_.empty() || tasks <= 1) {
      for (uint32_t i = 0; i < tasks; ++i) task(i, 0u);
      return;
    }
    run_shared(tasks, &task, [](const void* context, uint32_t index, unsigned worker) noexcept {
      (*static_cast<const Task*>(context))(index, worker);
    });
  }

 private:
  using Trampoline = void (*)(const void* context, uint32_t index, unsigned worker) noexcept;

  void run_shared(uint32_t tasks, const void* context, Trampoline call);
  void work(unsigned worker, std::stop_token stop);
  bool run_one(unsigned worker);

  /// The tasks [first, end) of a thread that nobody has taken, as first | end << 32.
  struct alignas(64) Share {
    std::atomic<uint64_t> tasks = 0;
  };

  // The loop that runs now. Written by the caller while all shares are empty and `unfinished_` is 0; read by
  // whoever has claimed one of its tasks, which keeps the loop from ending.
  const void* context_ = nullptr;
  Trampoline call_ = nullptr;

  // Each on its own cache line: all threads write them.
  std::vector<Share> shares_;                         ///< of the caller, then of each worker
  alignas(64) std::atomic<uint32_t> unfinished_ = 0;  ///< tasks that have not ended
  alignas(64) std::atomic<uint32_t> epoch_ = 0;       ///< changes with every loop: what sleepers wait on
  std::vector<std::jthread> workers_;
};

}  // namespace kvasir::engine
