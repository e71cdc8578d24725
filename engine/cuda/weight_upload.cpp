#include "engine/cuda/weight_upload.h"

#include "engine/cuda/device/planes.h"
#include "engine/cuda/kernels/repack.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kvasir::engine::cuda {
namespace {

/// Large enough for a copy to be worth its start, small beside any model.
constexpr size_t kSlotBytes = size_t{16} << 20;

DeviceMatrix shape_of(const TensorView& weight) {
  return {weight.dtype, static_cast<uint32_t>(weight.cols()), static_cast<uint32_t>(weight.rows()),
          static_cast<uint32_t>(weight.matrices()), nullptr};
}

}  // namespace

DeviceMatrix matrix_of(const TensorView& weight) {
  DeviceMatrix matrix = shape_of(weight);
  matrix.data = weight.data.data();
  return matrix;
}

uint64_t WeightUpload::device_bytes_of(const TensorView& weight) {
  return device_bytes(shape_of(weight));
}

Result<std::unique_ptr<WeightUpload>> WeightUpload::create(Stream& stream) {
  std::unique_ptr<WeightUpload> upload(new WeightUpload(stream));
  for (Slot& slot : upload->slots_) {
    auto pinned = PinnedBuffer::take(kSlotBytes);
    if (!pinned) return tl::unexpected(pinned.error());
    auto raw = DeviceBuffer::take(kSlotBytes);
    if (!raw) return tl::unexpected(raw.error());
    auto free = make_event();
    if (!free) return tl::unexpected(free.error());
    slot = {std::move(*pinned), std::move(*raw), std::move(*free)};
  }
  return upload;
}

WeightUpload::~WeightUpload() {
  cudaStreamSynchronize(stream_.get());
}

Result<TensorView> WeightUpload::upload(const TensorView& weight) {
  DeviceMatrix home = shape_of(weight);
  const size_t bytes = device_bytes(home);
  auto memory = DeviceBuffer::take(bytes);
  if (!memory) return tl::unexpected(memory.error());
  home.data = memory->data();
  weights_.push_back(std::move(*memory));

  const uint64_t rows_at_once = std::max<uint64_t>(1, kSlotBytes / weight.row_stride_bytes());
  for (uint64_t matrix = 0; matrix < weight.matrices(); ++matrix)
    for (uint64_t row = 0; row < weight.rows(); row += rows_at_once) {
      const uint64_t count = std::min(rows_at_once, weight.rows() - row);
      if (auto done = upload_rows(home, weight.row(matrix, row), matrix * weight.rows() + row, count); !done)
        return tl::unexpected(done.error());
    }
  TensorView placed = weight;
  placed.layout = Layout::OnDevice;
  placed.data = {home.data, bytes};
  placed.matrix_stride = 0;
  return placed;
}

Result<void> WeightUpload::upload_rows(const DeviceMatrix& home, const std::byte* rows, uint64_t first_row,
                                       uint64_t count) {
  const size_t row = row_bytes(home.type, home.cols);
  const size_t bytes = count * row;
  if (bytes > kSlotBytes)
    return fail(ErrorCode::Unsupported, "The model has rows of weights that are too long for the GPU.");
  Slot& slot = slots_[next_slot_];
  next_slot_ = (next_slot_ + 1) % slots_.size();
  stream_.note(cudaEventSynchronize(slot.free.get()));
  std::memcpy(slot.pinned.data(), rows, bytes);
  // Types that are not in planes stand on the device as in the file.
  std::byte* const to =
      is_in_planes(home.type) ? slot.raw.data() : const_cast<std::byte*>(home.data) + first_row * row;
  stream_.note(cudaMemcpyAsync(to, slot.pinned.data(), bytes, cudaMemcpyHostToDevice, stream_.get()));
  if (is_in_planes(home.type)) repack(stream_, home, slot.raw.data(), first_row, count);
  stream_.note(cudaEventRecord(slot.free.get(), stream_.get()));
  if (stream_.error() != cudaSuccess) return tl::unexpected(error_of(stream_.error()));
  return {};
}

}  // namespace kvasir::engine::cuda
