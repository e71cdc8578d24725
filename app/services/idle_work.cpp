#include "app/services/idle_work.h"

namespace kvasir::app {

void IdleWork::set(Work work) {
  const std::lock_guard lock(mutex_);
  stop_.request_stop();
  work_ = closed_ ? nullptr : std::move(work);
  ++set_count_;
  less_to_do_.notify_all();
}

void IdleWork::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  drop();
}

void IdleWork::begin_job() {
  const std::lock_guard lock(mutex_);
  ++jobs_;
  stop_.request_stop();
}

void IdleWork::end_job() {
  const std::lock_guard lock(mutex_);
  --jobs_;
  less_to_do_.notify_all();
}

void IdleWork::run() {
  Work work;
  uint64_t number = 0;
  std::stop_token stop;
  {
    const std::lock_guard lock(mutex_);
    if (jobs_ > 0 || !work_) return;
    work = work_;
    number = set_count_;
    stop_ = std::stop_source();
    stop = stop_.get_token();
  }
  const bool done = work(stop);
  const std::lock_guard lock(mutex_);
  if (done && number == set_count_) work_ = nullptr;
  less_to_do_.notify_all();
}

void IdleWork::wait_until_done() {
  std::unique_lock lock(mutex_);
  less_to_do_.wait(lock, [this] { return jobs_ == 0 && !work_; });
}

}  // namespace kvasir::app
