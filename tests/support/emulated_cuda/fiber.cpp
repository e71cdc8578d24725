#include "tests/support/emulated_cuda/fiber.h"

#include <boost/context/protected_fixedsize_stack.hpp>
#include <memory>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulated_cuda {
namespace {

// AddressSanitizer puts red zones around every local array.
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kStackBytes = 256 * 1024;
#else
constexpr size_t kStackBytes = 64 * 1024;
#endif

// Called right before a switch to the stack [bottom, bottom + bytes); no `fake_stack`: this one won't be
// back.
void announce_switch([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* bottom,
                     [[maybe_unused]] size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(fake_stack, bottom, bytes);
#endif
}

// Called right after one, on the new stack.
void announce_arrival([[maybe_unused]] void* fake_stack, [[maybe_unused]] const void** old_bottom,
                      [[maybe_unused]] size_t* old_bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_stack, old_bottom, old_bytes);
#endif
}

// A fiber's first function never returns: it leaves red zones at the top of the stack.
void forget_red_zones([[maybe_unused]] const boost::context::stack_context& stack) {
#if defined(__SANITIZE_ADDRESS__)
  constexpr size_t kBytesOfFirstFunctions = 4096;
  __asan_unpoison_memory_region(static_cast<char*>(stack.sp) - kBytesOfFirstFunctions,
                                kBytesOfFirstFunctions);
#endif
}

// The pool keeps the stack.
struct KeepStack {
  void deallocate(boost::context::stack_context&) {}
};

}  // namespace

StackPool::~StackPool() {
  boost::context::protected_fixedsize_stack allocator(kStackBytes);
  for (boost::context::stack_context& stack : all_) allocator.deallocate(stack);
}

// Stacks begin at different places in their pages: at the same place they would share few lines of the cache.
boost::context::stack_context StackPool::make() {
  constexpr size_t kPlaces = 16, kBytesApart = 256;
  boost::context::stack_context stack = boost::context::protected_fixedsize_stack(kStackBytes).allocate();
  const size_t unused = all_.size() % kPlaces * kBytesApart;
  all_.push_back(stack);
  stack.sp = static_cast<char*>(stack.sp) - unused;
  stack.size -= unused;
  return stack;
}

boost::context::stack_context StackPool::take() {
  if (free_.empty()) return make();
  const boost::context::stack_context stack = free_.back();
  free_.pop_back();
  return stack;
}

void Fiber::start(StackPool& stacks, const std::function<void()>& body) {
  stacks_ = &stacks;
  stack_ = stacks.take();
  forget_red_zones(stack_);
  done_ = false;
  inside_ =
      boost::context::fiber(std::allocator_arg, boost::context::preallocated(stack_.sp, stack_.size, stack_),
                            KeepStack(), [this, &body](boost::context::fiber&& outside) {
                              announce_arrival(nullptr, &outside_bottom_, &outside_bytes_);
                              outside_ = std::move(outside);
                              body();
                              done_ = true;
                              announce_switch(nullptr, outside_bottom_, outside_bytes_);
                              return std::move(outside_);
                            });
}

void Fiber::resume() {
  void* fake_stack = nullptr;
  announce_switch(&fake_stack, static_cast<const char*>(stack_.sp) - stack_.size, stack_.size);
  inside_ = std::move(inside_).resume();
  announce_arrival(fake_stack, nullptr, nullptr);
  if (done_) stacks_->give_back(stack_);
}

void Fiber::pause() {
  announce_switch(&fake_stack_inside_, outside_bottom_, outside_bytes_);
  outside_ = std::move(outside_).resume();
  announce_arrival(fake_stack_inside_, &outside_bottom_, &outside_bytes_);
}

}  // namespace emulated_cuda
