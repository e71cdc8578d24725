#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <utility>

namespace kvasir::app {

/// One piece of work for the time in which a thread has nothing else to do. A job that comes interrupts it
/// at once; when the last job has ended, it goes on.
///
/// `run` is for the thread that works; the other calls may come from any thread.
class IdleWork {
 public:
  /// True: done; false: stopped before the end, to be called again.
  using Work = std::function<bool(std::stop_token)>;

  /// Replaces what there was to do, which is interrupted.
  void set(Work work);
  void drop() { set(nullptr); }
  /// As `drop`, and nothing is taken any more.
  void close();

  /// Says that a job waits or runs; lives from before it is queued until it has ended.
  class Job {
   public:
    explicit Job(IdleWork& idle) : idle_(&idle) { idle.begin_job(); }
    Job(Job&& other) noexcept : idle_(std::exchange(other.idle_, nullptr)) {}
    Job& operator=(Job&&) = delete;
    ~Job() {
      if (idle_ != nullptr) idle_->end_job();
    }

   private:
    IdleWork* idle_;
  };

  /// Does what there is to do, unless a job waits.
  void run();
  /// Waits until no job and no work is left. Not for the thread that works.
  void wait_until_done();

 private:
  void begin_job();
  void end_job();

  std::condition_variable less_to_do_;
  std::mutex mutex_;  // guards all that follows
  Work work_;
  uint64_t set_count_ = 0;
  std::stop_source stop_;  // of the work that runs
  int jobs_ = 0;           // waiting or running
  bool closed_ = false;
};

}  // namespace kvasir::app
