#pragma once

#include <boost/context/fiber.hpp>
#include <functional>
#include <vector>

namespace emulated_cuda {

/// Stacks with a guard page, kept for further use.
class StackPool {
 public:
  ~StackPool();
  boost::context::stack_context take();
  void give_back(const boost::context::stack_context& stack) { free_.push_back(stack); }

 private:
  boost::context::stack_context make();

  std::vector<boost::context::stack_context> all_;   // as allocated
  std::vector<boost::context::stack_context> free_;  // as used
};

/// A function with a stack of its own that can pause. Whoever resumes it goes on when it pauses or returns.
/// Both sides of a switch are announced to AddressSanitizer.
class Fiber {
 public:
  Fiber() = default;
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// `body` must outlive the run, and return.
  void start(StackPool& stacks, const std::function<void()>& body);
  void resume();
  /// Called by the body.
  void pause();
  bool done() const { return done_; }

 private:
  StackPool* stacks_ = nullptr;
  boost::context::stack_context stack_;
  boost::context::fiber inside_;
  boost::context::fiber outside_;
  bool done_ = true;
  // AddressSanitizer's view of the two stacks.
  void* fake_stack_inside_ = nullptr;
  const void* outside_bottom_ = nullptr;
  size_t outside_bytes_ = 0;
};

}  // namespace emulated_cuda
