#include "app/services/worker.h"

#include <pthread.h>

namespace kvasir::app {

Worker::Worker(std::string name)
    : thread_([this, name = std::move(name)](std::stop_token stop) { run(stop, name); }) {}

Worker::~Worker() {
  thread_.request_stop();
  thread_.join();
}

void Worker::enqueue(std::unique_ptr<TaskBase> task) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void Worker::run(std::stop_token stop, const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  for (;;) {
    std::unique_ptr<TaskBase> task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return !queue_.empty(); });
      if (queue_.empty()) return;  // stopped, and nothing is left to do
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task->run();
  }
}

}  // namespace kvasir::app
