#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kvasir::storage {

/// A few threads that read and verify. They start with the first job. `post` may be called from any thread.
class ReadPool {
 public:
  explicit ReadPool(unsigned threads) : wanted_threads_(threads) {}
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;
  /// Ends the jobs that have begun, and drops the others.
  ~ReadPool();

  void post(std::function<void()> job);

 private:
  void run();
  void start_threads();

  const unsigned wanted_threads_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  bool stopping_ = false;
};

}  // namespace kvasir::storage
