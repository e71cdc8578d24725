#include "tests/support/emulated_cuda/device.h"
#include "tests/support/emulated_cuda/device_memory.h"
#include "tests/support/emulated_cuda/runtime_api.h"
#include "tests/support/emulated_cuda/stream_state.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace emulated_cuda {
namespace {

/// Blocks of memory of one kind by their addresses.
class Allocations {
 public:
  /// Null where there is no memory.
  void* allocate(size_t bytes) {
    void* memory = nullptr;
    constexpr size_t kAlignment = 256;
    if (posix_memalign(&memory, kAlignment, bytes) != 0) return nullptr;
    std::memset(memory, 0xff, bytes);
    const std::lock_guard lock(mutex_);
    sizes_[reinterpret_cast<uintptr_t>(memory)] = bytes;
    total_ += bytes;
    return memory;
  }
  bool free(void* memory) {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(reinterpret_cast<uintptr_t>(memory));
    if (found == sizes_.end()) return false;
    total_ -= found->second;
    sizes_.erase(found);
    std::free(memory);
    return true;
  }
  /// Where a range lies: wholly in one block, wholly outside all, or neither.
  enum class Place { Inside, Outside, Across };
  Place place(const void* memory, size_t bytes) const {
    const std::lock_guard lock(mutex_);
    const auto first = reinterpret_cast<uintptr_t>(memory);
    const auto after = sizes_.upper_bound(first);
    if (after != sizes_.begin()) {
      const auto& [start, size] = *std::prev(after);
      if (first < start + size) return first + bytes <= start + size ? Place::Inside : Place::Across;
    }
    return after == sizes_.end() || first + bytes <= after->first ? Place::Outside : Place::Across;
  }
  size_t total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [start, size] : sizes_) visit(reinterpret_cast<void*>(start), size);
  }

 private:
  mutable std::mutex mutex_;
  std::map<uintptr_t, size_t> sizes_;
  size_t total_ = 0;
};

Allocations& device_memory() {
  static Allocations allocations;
  return allocations;
}
std::atomic<int> accesses = 0;

void hide([[maybe_unused]] void* memory, [[maybe_unused]] size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  ASAN_POISON_MEMORY_REGION(memory, bytes);
#endif
}
void show([[maybe_unused]] void* memory, [[maybe_unused]] size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
#endif
}

Allocations& pinned_memory() {
  static Allocations allocations;
  return allocations;
}

/// Whether a copy of rows, each `pitch` bytes after the one before, may have this side on the device or not.
bool side_is(bool on_device, const void* memory, size_t pitch, size_t width_bytes, size_t height) {
  if (height == 0 || width_bytes == 0) return true;
  const Allocations::Place place = device_memory().place(memory, pitch * (height - 1) + width_bytes);
  return place == (on_device ? Allocations::Place::Inside : Allocations::Place::Outside);
}

cudaError_t check_copy(const void* to, size_t to_pitch, const void* from, size_t from_pitch,
                       size_t width_bytes, size_t height, cudaMemcpyKind kind) {
  if (width_bytes > to_pitch || width_bytes > from_pitch) return cudaErrorInvalidValue;
  if (kind == cudaMemcpyDefault) return cudaSuccess;
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  const bool right = side_is(to_device, to, to_pitch, width_bytes, height) &&
                     side_is(from_device, from, from_pitch, width_bytes, height);
  return right ? cudaSuccess : cudaErrorInvalidValue;
}

}  // namespace

size_t allocated_bytes() {
  return device_memory().total();
}

bool is_out_of_reach(const void* address) {
  const auto number = reinterpret_cast<uintptr_t>(address);
  const auto page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  if (number < page_bytes) return false;
#if defined(__SANITIZE_ADDRESS__)
  // Its own memory, which begins at 2³¹ and holds no variable, would make addresses of small numbers side by
  // side.
  constexpr uintptr_t kEndOfShadow = 0x10007fff8000;
  if (number < kEndOfShadow) return false;
#endif
  // One byte behind a block ends a range in it.
  for (const Allocations* const allocations : {&device_memory(), &pinned_memory()})
    for (const uintptr_t inside : {number, number - 1})
      if (allocations->place(reinterpret_cast<void*>(inside), 1) == Allocations::Place::Inside) return false;
  unsigned char resident = 0;  // mincore fails where nothing is mapped
  return mincore(reinterpret_cast<void*>(number / page_bytes * page_bytes), 1, &resident) == 0;
}

DeviceMemoryAccess::DeviceMemoryAccess() {
  if (++accesses == 1) device_memory().for_each(show);
}

DeviceMemoryAccess::~DeviceMemoryAccess() {
  if (--accesses == 0) device_memory().for_each(hide);
}

}  // namespace emulated_cuda

using namespace emulated_cuda;

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  *memory = nullptr;
  if (const cudaError_t error = refuse_in_capture(); error != cudaSuccess) return error;
  if (bytes == 0) return cudaSuccess;
  if (bytes > device().memory_bytes || allocated_bytes() > device().memory_bytes - bytes)
    return note(cudaErrorMemoryAllocation);
  *memory = device_memory().allocate(bytes);
  if (*memory == nullptr) return note(cudaErrorMemoryAllocation);
  hide(*memory, bytes);
  return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
  if (const cudaError_t error = refuse_in_capture(); error != cudaSuccess) return error;
  return note(memory == nullptr || device_memory().free(memory) ? cudaSuccess : cudaErrorInvalidValue);
}
cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  *memory = bytes == 0 ? nullptr : pinned_memory().allocate(bytes);
  return note(*memory == nullptr && bytes != 0 ? cudaErrorMemoryAllocation : cudaSuccess);
}
cudaError_t cudaFreeHost(void* memory) {
  return note(memory == nullptr || pinned_memory().free(memory) ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch,
                              size_t width_bytes, size_t height, cudaMemcpyKind kind, cudaStream_t stream) {
  const cudaError_t error = check_copy(to, to_pitch, from, from_pitch, width_bytes, height, kind);
  if (error != cudaSuccess) return note(error);
  return enqueue(stream, [=] {
    for (size_t row = 0; row < height; ++row)
      std::memcpy(static_cast<char*>(to) + row * to_pitch, static_cast<const char*>(from) + row * from_pitch,
                  width_bytes);
  });
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  return cudaMemcpy2DAsync(to, bytes, from, bytes, bytes, 1, kind, stream);
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  if (const cudaError_t error = refuse_in_capture(); error != cudaSuccess) return error;
  return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
}
cudaError_t cudaMemset(void* memory, int value, size_t bytes) {
  if (const cudaError_t error = refuse_in_capture(); error != cudaSuccess) return error;
  if (bytes != 0 && device_memory().place(memory, bytes) != Allocations::Place::Inside)
    return note(cudaErrorInvalidValue);
  return enqueue(nullptr, [=] { std::memset(memory, value, bytes); });
}
