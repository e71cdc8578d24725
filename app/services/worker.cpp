#include "app/services/worker.h"

#include <pthread.h>
#include <sys/resource.h>

namespace kvasir::app {

namespace {

/// A "nice" value: a third of the processor time of a thread of normal priority where both want it.
constexpr int kLowPriority = 5;

}  // namespace

Worker::Worker(std::string name, Priority priority)
    : thread_([this, name = std::move(name), priority](std::stop_token stop) { run(stop, name, priority); }) {
}

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

void Worker::run(std::stop_token stop, const std::string& name, Priority priority) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  // On Linux each thread has a priority of its own; 0 is the calling one.
  if (priority == Priority::Low) setpriority(PRIO_PROCESS, 0, kLowPriority);
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
