#include "storage/kv/read_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace kvasir::storage {

ReadPool::~ReadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ReadPool::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    start_threads();
    if (!threads_.empty()) {
      jobs_.push_back(std::move(job));
      work_.notify_one();
      return;
    }
  }
  job();  // the system gives no thread
}

void ReadPool::start_threads() {
  try {
    while (threads_.size() < std::max(wanted_threads_, 1U)) threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
    // Fewer are slower; the next job tries again.
  }
}

void ReadPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace kvasir::storage
