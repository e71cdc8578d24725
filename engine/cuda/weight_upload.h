#pragma once

#include "engine/cuda/device_matrix.h"
#include "engine/cuda/memory.h"
#include "engine/cuda/stream.h"
#include "engine/gguf/tensor_view.h"
#include "engine/ops/thread_pool.h"

#include <array>
#include <memory>
#include <vector>

namespace kvasir::engine::cuda {

/// Brings weights to the device, in the form that the kernels read: pieces of rows go through pinned memory,
/// one being filled while the other is on its way, and are repacked on the device.
///
/// One thread.
class WeightUpload {
 public:
  static Result<std::unique_ptr<WeightUpload>> create(Stream& stream);
  /// Waits for what is on its way.
  ~WeightUpload();

  /// What a weight takes of the device's memory.
  static uint64_t device_bytes_of(const TensorView& weight);
  /// The weight on the device; its bytes in the file are no longer needed. OutOfMemory where it has no room.
  Result<TensorView> upload(const TensorView& weight);
  /// Whether `bring` can.
  static bool can_bring(const TensorView& weight);
  /// Brings a weight, as it is in the file or interleaved for the processor, to `home`, which has
  /// `device_bytes_of(weight)` bytes. Its bytes are no longer needed when the call returns.
  Result<void> bring(const TensorView& weight, std::byte* home);

 private:
  struct Slot {
    PinnedBuffer pinned;
    DeviceBuffer raw;  ///< rows as in the file
    OwnedEvent free;   ///< both may be filled again
  };
  explicit WeightUpload(Stream& stream);
  Result<void> bring_rows(const DeviceMatrix& home, Layout layout, const std::byte* rows, uint64_t first_row,
                          uint64_t count);

  Stream& stream_;
  ThreadPool pool_;  ///< copies into pinned memory: one thread reaches a part of what the bus takes
  std::array<Slot, 2> slots_;
  size_t next_slot_ = 0;
  std::vector<DeviceBuffer> weights_;
};

/// The form of a view that `upload` returned.
DeviceMatrix matrix_of(const TensorView& weight);

}  // namespace kvasir::engine::cuda
