#pragma once

#include "tests/support/emulated_cuda/vector_types.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace emulated_cuda {

constexpr unsigned kWarpLanes = 32;
constexpr uint32_t kAllLanes = 0xffffffffu;

/// Runs `thread` once for each thread of a grid: one block after another, each thread of a block as a fiber.
/// A thread runs on until it must wait for others (`meet_warp`, `meet_block`); which one goes on then is
/// random. One grid runs at a time in a process. Misuse that hardware would answer with a hang or with chance
/// ends the process with a message that names `kernel` and the thread.
void run_grid(const char* kernel, dim3 grid, dim3 block, size_t shared_bytes,
              const std::function<void()>& thread);

/// What the lanes bring to an operation of a warp; null for lanes that take no part.
using LaneParts = std::array<void*, kWarpLanes>;

/// Waits for the lanes in `mask` that have not returned from the kernel; the last one to come calls `perform`
/// for all. The parts stay where they are until then.
void meet_warp(const char* operation, uint32_t mask, void* part, void (*perform)(const LaneParts&));

/// The same with parts of one type.
template <class Part>
void meet_warp(const char* operation, uint32_t mask, Part& part, void (*perform)(const LaneParts&)) {
  meet_warp(operation, mask, static_cast<void*>(&part), perform);
}

/// Waits for all threads of the block that have not returned from the kernel.
void meet_block();

/// The running thread's place in its warp.
unsigned lane();

/// The block's dynamic shared memory.
void* dynamic_shared();

/// Copies to shared memory that the running thread has begun and not waited for.
class AsyncCopies {
 public:
  /// Nothing is copied before `wait`; until then the 16 bytes at `to` hold a NaN pattern. Zeros for a null
  /// `from`. Copies at once on compute capability 7.5.
  void begin(void* to, const void* from);
  void commit();
  /// Copies all groups but the last `pending`.
  void wait(unsigned pending);

 private:
  struct Copy {
    void* to;
    const void* from;
    uint64_t group;
  };
  std::vector<Copy> copies_;  // oldest first
  uint64_t group_ = 0;        // being made
};
AsyncCopies& async_copies();

/// Ends the process: the running kernel does what CUDA leaves undefined.
[[noreturn]] void misuse(const char* message);

/// Seed of the order in which threads go on, from the next grid on.
void set_order_seed(uint64_t seed);

}  // namespace emulated_cuda
