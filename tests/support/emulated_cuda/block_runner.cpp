#include "tests/support/emulated_cuda/block_runner.h"

#include "tests/support/emulated_cuda/device.h"
#include "tests/support/emulated_cuda/fiber.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

namespace emulated_cuda {
namespace {

constexpr int kUndefined = 0xff;  // as a byte of a float: NaN

struct Thread {
  Fiber fiber;
  uint3 index;
  unsigned lane;
  struct Warp* warp;
  AsyncCopies copies;
};

struct Warp {
  Thread* threads;     // {lanes}
  uint32_t live = 0;   // have not returned
  uint32_t ready = 0;  // can go on
  uint32_t at_block_barrier = 0;
  uint32_t meeting = 0;  // wait in meet_warp, each with what follows
  std::array<const char*, kWarpLanes> operations;
  std::array<uint32_t, kWarpLanes> masks;
  LaneParts parts;
  std::array<void (*)(const LaneParts&), kWarpLanes> performs;
};

/// xorshift64*: the order need not be more random than that.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}
  uint32_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint32_t>((state_ * 0x2545f4914f6cdd1dull) >> 32);
  }
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>((uint64_t{next()} * limit) >> 32); }

 private:
  uint64_t state_;
};

/// The grid that is running.
struct Grid {
  const char* kernel = nullptr;
  std::vector<Thread> threads;  // of one block
  std::vector<Warp> warps;
  std::unique_ptr<std::byte[]> shared;  // exactly as much as asked for: AddressSanitizer watches its end
  size_t shared_bytes = 0;
  Thread* running = nullptr;
};

std::mutex grid_mutex;
Grid grid_now;
uint64_t order_seed = 1;
Random random_order(order_seed);

StackPool& stacks() {
  static StackPool pool;
  return pool;
}

void print_place(const Thread& thread) {
  std::fprintf(stderr, "block (%u, %u, %u), thread (%u, %u, %u)", blockIdx.x, blockIdx.y, blockIdx.z,
               thread.index.x, thread.index.y, thread.index.z);
}

void wait_in(Thread& thread) {
  thread.warp->ready &= ~(1u << thread.lane);
  thread.fiber.pause();
}

/// Where all that a waiting lane waits for have come or returned, performs their operation.
void complete_meeting(Warp& warp, unsigned waiting) {
  const uint32_t mask = warp.masks[waiting];
  const uint32_t expected = mask & warp.live;
  if ((expected & ~warp.meeting) != 0) return;
  LaneParts parts{};
  for (uint32_t rest = expected; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(rest));
    if (warp.masks[lane] != mask) misuse("lanes of a warp meet with different masks");
    if (std::strcmp(warp.operations[lane], warp.operations[waiting]) != 0)
      misuse("lanes of a warp meet in different operations");
    parts[lane] = warp.parts[lane];
  }
  if (warp.performs[waiting] != nullptr) warp.performs[waiting](parts);
  warp.meeting &= ~expected;
  warp.ready |= expected;
}

/// Runs a warp until none of its lanes can go on.
void run_warp(Warp& warp) {
  while (warp.ready != 0) {
    // One of 512 orders: an odd factor makes a permutation.
    const uint32_t random = random_order.next();
    const uint32_t factor = random | 1u, offset = random >> 8;
    const uint32_t round = warp.ready;
    for (uint32_t i = 0; i < kWarpLanes; ++i) {
      const uint32_t lane = (i * factor + offset) % kWarpLanes;
      if ((round >> lane & 1u) == 0) continue;
      Thread& thread = warp.threads[lane];
      grid_now.running = &thread;
      threadIdx = thread.index;
      thread.fiber.resume();
    }
  }
}

[[noreturn]] void stop_at_deadlock() {
  std::fprintf(stderr, "emulated CUDA: %s: no thread can go on.\n", grid_now.kernel);
  for (const Warp& warp : grid_now.warps)
    for (uint32_t rest = warp.live; rest != 0; rest &= rest - 1) {
      const auto lane = static_cast<unsigned>(std::countr_zero(rest));
      std::fputs("  ", stderr);
      print_place(warp.threads[lane]);
      if (warp.at_block_barrier >> lane & 1u)
        std::fputs(" waits in __syncthreads\n", stderr);
      else
        std::fprintf(stderr, " waits in %s for lanes %08x\n", warp.operations[lane],
                     warp.masks[lane] & warp.live);
    }
  std::abort();
}

void copy(void* to, const void* from) {
  if (from == nullptr)
    std::memset(to, 0, 16);
  else
    std::memcpy(to, from, 16);
}

/// A thread's life: the kernel, and what its return means for others.
void run_thread(const std::function<void()>& kernel) {
  kernel();
  Thread& thread = *grid_now.running;
  thread.copies.commit();
  thread.copies.wait(0);
  Warp& warp = *thread.warp;
  warp.live &= ~(1u << thread.lane);
  warp.ready &= ~(1u << thread.lane);
  for (unsigned lane = 0; lane < kWarpLanes; ++lane)
    if ((warp.meeting >> lane & 1u) != 0) complete_meeting(warp, lane);
}

void set_up_block(dim3 block) {
  const unsigned count = block.x * block.y * block.z;
  if (grid_now.threads.size() != count) grid_now.threads = std::vector<Thread>(count);
  grid_now.warps.resize((count + kWarpLanes - 1) / kWarpLanes);
  for (unsigned i = 0; i < count; ++i) {
    Thread& thread = grid_now.threads[i];
    thread.index = {i % block.x, i / block.x % block.y, i / block.x / block.y};
    thread.lane = i % kWarpLanes;
    thread.warp = &grid_now.warps[i / kWarpLanes];
  }
}

void run_block(const std::function<void()>& thread_life) {
  Grid& grid = grid_now;
  std::fill_n(grid.shared.get(), grid.shared_bytes, std::byte{kUndefined});
  for (size_t i = 0; i < grid.warps.size(); ++i) {
    Warp& warp = grid.warps[i];
    warp.threads = &grid.threads[i * kWarpLanes];
    const size_t lanes = std::min<size_t>(kWarpLanes, grid.threads.size() - i * kWarpLanes);
    warp.live = warp.ready = static_cast<uint32_t>((uint64_t{1} << lanes) - 1);
    warp.at_block_barrier = warp.meeting = 0;
    for (size_t lane = 0; lane < lanes; ++lane) warp.threads[lane].fiber.start(stacks(), thread_life);
  }
  std::vector<Warp*> order;
  for (Warp& warp : grid.warps) order.push_back(&warp);
  while (true) {
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random_order.below(static_cast<uint32_t>(i))]);
    for (Warp* const warp : order) run_warp(*warp);
    bool all_returned = true;
    for (const Warp& warp : grid.warps) {
      if (warp.live != warp.at_block_barrier) stop_at_deadlock();
      all_returned = all_returned && warp.live == 0;
    }
    if (all_returned) return;
    for (Warp& warp : grid.warps) {
      warp.ready = warp.live;
      warp.at_block_barrier = 0;
    }
  }
}

}  // namespace

void run_grid(const char* kernel, dim3 grid, dim3 block, size_t shared_bytes,
              const std::function<void()>& thread) {
  const std::lock_guard lock(grid_mutex);
  random_order = Random(order_seed);
  grid_now.kernel = kernel;
  grid_now.shared = std::make_unique<std::byte[]>(shared_bytes);
  grid_now.shared_bytes = shared_bytes;
  gridDim = grid;
  blockDim = block;
  set_up_block(block);
  const std::function<void()> life = [&thread] { run_thread(thread); };
  for (blockIdx.z = 0; blockIdx.z < grid.z; ++blockIdx.z)
    for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y)
      for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) run_block(life);
  grid_now.running = nullptr;
}

void meet_warp(const char* operation, uint32_t mask, void* part, void (*perform)(const LaneParts&)) {
  Thread& thread = *grid_now.running;
  Warp& warp = *thread.warp;
  if ((mask >> thread.lane & 1u) == 0) misuse("a lane is not in the mask of its own operation");
  warp.operations[thread.lane] = operation;
  warp.masks[thread.lane] = mask;
  warp.parts[thread.lane] = part;
  warp.performs[thread.lane] = perform;
  warp.meeting |= 1u << thread.lane;
  complete_meeting(warp, thread.lane);
  if ((warp.meeting >> thread.lane & 1u) != 0) wait_in(thread);
}

void meet_block() {
  Thread& thread = *grid_now.running;
  thread.warp->at_block_barrier |= 1u << thread.lane;
  wait_in(thread);
}

unsigned lane() {
  return grid_now.running->lane;
}

void* dynamic_shared() {
  return grid_now.shared.get();
}

AsyncCopies& async_copies() {
  return grid_now.running->copies;
}

void AsyncCopies::begin(void* to, const void* from) {
  if (reinterpret_cast<uintptr_t>(to) % 16 != 0 || reinterpret_cast<uintptr_t>(from) % 16 != 0)
    misuse("an asynchronous copy needs both sides aligned to 16 bytes");
  if (device().compute_capability < 80) {
    copy(to, from);
    return;
  }
  std::memset(to, kUndefined, 16);
  copies_.push_back({to, from, group_});
}

void AsyncCopies::commit() {
  ++group_;
}

void AsyncCopies::wait(unsigned pending) {
  size_t done = 0;
  for (; done < copies_.size() && copies_[done].group + pending < group_; ++done)
    copy(copies_[done].to, copies_[done].from);
  copies_.erase(copies_.begin(), copies_.begin() + static_cast<ptrdiff_t>(done));
}

void misuse(const char* message) {
  std::fprintf(stderr, "emulated CUDA: %s: ", grid_now.kernel == nullptr ? "no kernel" : grid_now.kernel);
  if (grid_now.running != nullptr) print_place(*grid_now.running);
  std::fprintf(stderr, ": %s\n", message);
  std::abort();
}

void set_order_seed(uint64_t seed) {
  const std::lock_guard lock(grid_mutex);
  order_seed = seed;
}

}  // namespace emulated_cuda
