#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace kvasir::app {

/// A thread that runs jobs one after the other, in the order in which they were posted. Everything that a
/// worker owns is touched by its jobs only.
///
/// Jobs may be posted from any thread, also from jobs. The destructor runs what is queued, then joins.
class Worker {
 public:
  /// `Low`: below that of the window, so that it stays fluent while all processors compute. Threads that a
  /// job starts inherit it.
  enum class Priority { Normal, Low };
  explicit Worker(std::string name, Priority priority = Priority::Normal);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// The future gives the job's value or its exception. Waiting for it from a job of the same worker is a
  /// deadlock.
  template <class Job>
  auto post(Job job) -> std::future<std::invoke_result_t<Job>> {
    std::packaged_task<std::invoke_result_t<Job>()> task(std::move(job));
    auto future = task.get_future();
    enqueue(std::make_unique<Task<decltype(task)>>(std::move(task)));
    return future;
  }

 private:
  struct TaskBase {
    virtual ~TaskBase() = default;
    virtual void run() = 0;
  };
  template <class Packaged>
  struct Task final : TaskBase {
    explicit Task(Packaged packaged) : packaged_(std::move(packaged)) {}
    void run() override { packaged_(); }
    Packaged packaged_;
  };

  void enqueue(std::unique_ptr<TaskBase> task);
  void run(std::stop_token stop, const std::string& name, Priority priority);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::unique_ptr<TaskBase>> queue_;  // under mutex_
  std::jthread thread_;                          // last: started when all else is ready
};

}  // namespace kvasir::app
