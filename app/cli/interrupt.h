#pragma once

#include <csignal>

namespace kvasir::app {

/// While it lives, Ctrl+C and a polite request to end do not kill the program but are remembered, so that
/// what was begun can be cleaned up. One at a time.
class InterruptCatcher {
 public:
  InterruptCatcher() {
    caught_ = 0;
    previous_int_ = std::signal(SIGINT, remember);
    previous_term_ = std::signal(SIGTERM, remember);
  }
  ~InterruptCatcher() {
    std::signal(SIGINT, previous_int_);
    std::signal(SIGTERM, previous_term_);
  }
  InterruptCatcher(const InterruptCatcher&) = delete;
  InterruptCatcher& operator=(const InterruptCatcher&) = delete;

  bool caught() const { return caught_ != 0; }

 private:
  using Handler = void (*)(int);
  static void remember(int) { caught_ = 1; }

  static inline volatile std::sig_atomic_t caught_ = 0;
  Handler previous_int_;
  Handler previous_term_;
};

}  // namespace kvasir::app
