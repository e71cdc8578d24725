#pragma once

#include "engine/cuda/memory.h"
#include "engine/kv/kv_cache.h"

#include <array>
#include <functional>

namespace kvasir::engine::cuda {

/// A cache's rows in device memory. They travel on a stream of their own, through pinned memory, so that they
/// can be copied while other rows are being computed. The engine's thread only.
class DeviceKvMemory final : public KvMemory {
 public:
  /// How the copies keep their order with what is computed.
  struct Order {
    /// Makes `copies` wait for what is being computed, where that writes rows before `end_bytes` of each
    /// layer; says what has gone wrong with it.
    std::function<Result<void>(cudaStream_t copies, size_t end_bytes)> before_copy;
    /// Makes what is launched from now on wait for `done`.
    std::function<void(cudaEvent_t done)> after_write;
  };
  static Result<std::unique_ptr<DeviceKvMemory>> create(const KvLayout& layout, uint32_t capacity_tokens,
                                                        Order order);
  /// Waits for its copies.
  ~DeviceKvMemory() override;

  std::byte* base() override { return rows_.data(); }
  size_t layer_stride_bytes() const override { return layer_stride_bytes_; }
  Result<void> read(const KvPiece& piece, uint32_t layers, std::byte* bytes) const override;
  Result<void> write(const KvPiece& piece, uint32_t layers, const std::byte* bytes) override;

 private:
  /// Pinned memory, and when what is in it has been copied.
  struct Staging {
    PinnedBuffer memory;
    OwnedEvent done;
  };
  DeviceKvMemory() = default;
  /// A staging of at least `bytes` that nothing is being copied to or from.
  Result<void> make_room(Staging& staging, size_t bytes) const;

  Order order_;
  DeviceBuffer rows_;
  size_t layer_stride_bytes_ = 0;
  OwnedStream stream_;
  mutable Staging reading_;
  /// Two, so that one is filled while the other is on its way.
  std::array<Staging, 2> writing_;
  size_t next_writing_ = 0;
};

}  // namespace kvasir::engine::cuda
