#pragma once

#include <cstddef>

namespace kvasir::engine::cuda {

/// Device memory that an operation may use while it runs; the next operation on the stream may use it again.
struct Workspace {
  std::byte* data = nullptr;
  size_t bytes = 0;
};

/// Cuts a workspace into arrays. The same calls with a null base tell how many bytes they need.
class WorkspaceCutter {
 public:
  explicit WorkspaceCutter(std::byte* base) : base_(base) {}

  template <class T>
  T* take(size_t count) {
    constexpr size_t kAlignment = 256;
    T* const array = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
    used_ += (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    return array;
  }
  size_t used() const { return used_; }

 private:
  std::byte* base_;
  size_t used_ = 0;
};

}  // namespace kvasir::engine::cuda
